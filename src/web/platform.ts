import type { Platform } from "../engine/platform.js";
import type { Language } from "../engine/runtime.js";
import { WasmReplError } from "../errors.js";
import { pageBytes } from "../guest/image.js";
import { createShareable } from "../shareable.js";
import { type Asset, assetUrl, fetchAsset } from "./fetch-asset.js";
import { sharesMemory } from "./isolation.js";
import { startThread } from "./start-thread.js";
import type { WebAsset, WebLibrary, WebRuntime } from "./thread-messages.js";

/** What the build writes of the files that a page fetches, in the runtimes' directory. */
export interface Manifest extends Readonly<Record<Language, RuntimeAssets>> {
  readonly packageVersion: string;
}

export interface RuntimeAssets {
  /** The runtime's id. */
  readonly id: string;
  readonly module: Asset;
  readonly image: Asset;
  /** The library without its sources; see `WebLibrary` for its blocks. */
  readonly library?: Asset & Pick<WebLibrary, "blockBytes" | "blockHashes">;
  /** The module that strips types from TypeScript. */
  readonly typeStripper?: Asset;
}

export const manifestFile = "browser.json";

/** How far the loading of an interpreter is. */
export interface LoadProgress {
  readonly language: Language;
  /** Of the files that are needed before the first result, after whatever compression they come with. */
  readonly loadedBytes: number;
  readonly totalBytes: number;
}

export interface WebPlatformOptions {
  /** Where the runtimes' files are. */
  readonly assetsUrl: URL;
  /** Where the worker's script is. */
  readonly workerUrl: URL;
  onProgress(progress: LoadProgress): void;
}

/** What a browser gives to the owner of sessions. */
export function createWebPlatform({ assetsUrl, workerUrl, onProgress }: WebPlatformOptions): Platform {
  return {
    loadRuntime: (language) => loadRuntime(assetsUrl, language, onProgress),
    async addPackages() {
      throw new WasmReplError("PACKAGES_UNAVAILABLE", "packages cannot be had in a browser");
    },
    openNetwork: async () => (await import("./network-port.js")).webNetwork,
    stampOf: (directory) => directory,
    loadCodec: async () => (await import("./codec.js")).webCodec,
    tellsCpuTime: () => false,
    startThread: () => startThread(workerUrl),
  };
}

async function loadRuntime(
  base: URL,
  language: Language,
  onProgress: (progress: LoadProgress) => void,
): Promise<WebRuntime> {
  const manifest = await fetchManifest(base);
  const { id, module, image, library, typeStripper } = manifest[language];
  const totalBytes = module.bytes + image.bytes;
  let loadedBytes = 0;
  const onBytes = (count: number) => {
    loadedBytes += count;
    onProgress({ language, loadedBytes, totalBytes });
  };
  const [compiled, imageBytes] = await Promise.all([
    fetchAsset(base, module, onBytes).then((bytes) => WebAssembly.compile(bytes)),
    fetchAsset(base, image, onBytes).then(alignedImage),
  ]);
  return {
    id,
    packageVersion: manifest.packageVersion,
    language,
    module: compiled,
    imageBytes,
    ...(library === undefined ? {} : { library: libraryOf(base, library) }),
    ...(typeStripper === undefined ? {} : { typeStripper: placeOf(base, typeStripper) }),
  };
}

async function fetchManifest(base: URL): Promise<Manifest> {
  const url = new URL(manifestFile, base).href;
  try {
    // It alone has a name that stays, so a cache is asked whether it is still the same.
    const response = await fetch(url, { cache: "no-cache" });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return await response.json();
  } catch (cause) {
    throw new Error(`cannot fetch ${url}: ${(cause as Error).message}`, { cause });
  }
}

/** An image whose pages lie as words do, so that they are compared by words; in shared memory, if there is any. */
function alignedImage(bytes: Uint8Array): Uint8Array {
  const wordBytes = 8;
  const padding = (wordBytes - ((bytes.length % pageBytes) % wordBytes)) % wordBytes;
  const buffer = createShareable(padding + bytes.length);
  const image = new Uint8Array(buffer, padding);
  image.set(bytes);
  return image;
}

function placeOf(base: URL, asset: Asset): WebAsset {
  const { bytes, sha256 } = asset;
  return { url: assetUrl(base, asset), bytes, sha256 };
}

function libraryOf(base: URL, library: NonNullable<RuntimeAssets["library"]>): WebLibrary {
  const { bytes, blockBytes, blockHashes } = library;
  const place = { ...placeOf(base, library), blockBytes, blockHashes };
  if (!sharesMemory()) return place;
  // What nobody has written to takes no memory.
  const state = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  return { ...place, shared: { state, pack: new Uint8Array(new SharedArrayBuffer(bytes)) } };
}
