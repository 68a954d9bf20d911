// A page that shows what waits for a person, and takes the decisions. It keeps nothing itself.
//
//   node examples/approval-service/page.mjs SERVICE PORT
//
// Whoever reaches it decides: in front of it stands what knows who somebody is.
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";
import { connect } from "wasm-repl/client";

/** Starts the page on the loopback address. Gives its address, and how to end it. */
export async function startPage(service, port) {
  const server = createServer(async (request, response) => {
    try {
      const { status, html } = await answer(service, request, server.address().port);
      response.writeHead(status, headers).end(html);
    } catch (error) {
      response.writeHead(502, headers).end(page(`The service says: ${error.message}`, []));
    }
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      const closed = new Promise((resolve) => server.close(resolve));
      // Browsers hold connections open that they have not used yet.
      server.closeAllConnections();
      return closed;
    },
  };
}

const headers = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
};

async function answer(service, request, port) {
  const { pathname } = new URL(request.url, "http://page");
  // Another page must neither decide nor read what waits, by this browser or by a name that leads here.
  const own = [`127.0.0.1:${port}`, `localhost:${port}`];
  const { host, origin } = request.headers;
  if (!own.includes(host) || (origin !== undefined && !own.some((each) => origin === `http://${each}`))) {
    return { status: 403, html: page("This page answers to its own address alone.", []) };
  }
  if (request.method === "GET" && pathname === "/") {
    return { status: 200, html: page("", await waiting(service)) };
  }
  const [, call] = /^\/calls\/([\w.-]+)$/.exec(pathname) ?? [];
  if (request.method !== "POST" || call === undefined || origin === undefined) {
    return { status: 404, html: page("There is nothing here.", []) };
  }
  const decision = new URLSearchParams(await bodyOf(request)).get("decision");
  if (decision !== "yes" && decision !== "no") {
    return { status: 400, html: page("A decision is yes or no.", await waiting(service)) };
  }
  const told = await decide(service, call, decision === "yes");
  return { status: 200, html: page(told, await waiting(service)) };
}

/** The same decision a second time changes nothing; another one is refused. */
async function decide(service, call, granted) {
  try {
    const { output, error, suspended } = await service.answer(call, { value: granted });
    if (error !== undefined) return `The code failed: ${error.trim().split("\n").at(-1)}`;
    return suspended === undefined ? `Done. ${output ?? ""}` : "Done. It waits for more answers.";
  } catch (error) {
    if (error.code === "CALL_ANSWERED") return "Somebody else has decided otherwise already.";
    if (error.code === "NOT_FOUND") return "Nothing waits for that any more.";
    throw error;
  }
}

/** The calls that wait, in all sessions of payments. */
async function waiting(service) {
  const calls = [];
  for await (const { key, suspendedCell } of service.sessions({ prefix: "payment-" })) {
    if (suspendedCell === undefined) continue;
    const session = await service.openSession(key);
    const { suspended = [] } = await session.follow(suspendedCell);
    session.close();
    calls.push(...suspended.filter(({ function: name }) => name === "approve"));
  }
  return calls;
}

async function bodyOf(request) {
  let text = "";
  for await (const piece of request.setEncoding("utf8")) {
    text += piece;
    if (text.length > 1000) throw new Error("a decision is shorter than that");
  }
  return text;
}

function page(told, calls) {
  const items = calls.map(({ call, kwargs }) => {
    const id = escaped(call);
    return `<li>
  <h2 id="${id}">${escaped(String(kwargs.what))}: ${escaped(Number(kwargs.amount).toFixed(2))}</h2>
  <form method="post" action="/calls/${id}">
    <button name="decision" value="yes" aria-describedby="${id}">Pay</button>
    <button name="decision" value="no" aria-describedby="${id}">Refuse</button>
  </form>
</li>`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${calls.length === 0 ? "Nothing waits" : `${calls.length} to decide`}</title>
<style>
  :root { color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif; }
  body { max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }
  ul { list-style: none; padding: 0; }
  li { border-top: 1px solid; padding: 0.5rem 0 1rem; }
  h2 { font-size: 1.1rem; overflow-wrap: anywhere; }
  button { font: inherit; min-height: 2.75rem; padding: 0 1.5rem; margin-right: 0.5rem; }
</style>
<main>
<h1>What waits for you</h1>
<p role="status">${escaped(told)}</p>
${items.length === 0 ? "<p>Nothing waits.</p>" : `<ul>\n${items.join("\n")}\n</ul>`}
<p><a href="/">Look again</a></p>
</main>
</html>
`;
}

/** What code has chosen is text, and nothing else. */
function escaped(text) {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [url, port = "8080"] = process.argv.slice(2);
  const running = await startPage(connect({ url, token: process.env.WASM_REPL_TOKEN }), Number(port));
  console.log(`decide at ${running.url}`);
}
