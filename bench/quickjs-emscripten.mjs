// For information: another QuickJS in WebAssembly, in the same process. Ours runs in a thread of its own, so that
// it can be stopped; the other blocks its caller.
import { getQuickJS } from "quickjs-emscripten";
import { createSession } from "../dist/index.js";
import { alternate, timeMs } from "./measure.mjs";

const program = "let sum = 0; for (let i = 0; i < 1_000_000; i++) sum = (sum + i * i) % 1_000_003; sum";

export async function quickJsEmscripten({ runs }) {
  const quickJs = await getQuickJS();
  const context = quickJs.newContext();
  const session = await createSession("javascript");
  const evaluate = (target, code) => target.unwrapResult(target.evalCode(code)).dispose();
  const { newOurs, newOther, loopOurs, loopOther } = await alternate(runs, {
    newOurs: () =>
      timeMs(async () => {
        const fresh = await createSession("javascript");
        await fresh.run("1");
        await fresh.close();
      }),
    newOther: () =>
      timeMs(async () => {
        const fresh = quickJs.newContext();
        evaluate(fresh, "1");
        fresh.dispose();
      }),
    loopOurs: () => timeMs(() => session.run(`{ ${program} }`)),
    loopOther: () => timeMs(async () => evaluate(context, `{ ${program} }`)),
  });
  context.dispose();
  await session.close();
  const otherName = "quickjs-emscripten";
  return [
    { what: "JavaScript session: open, run, close", ours: newOurs, other: newOther, otherName, unit: "ms" },
    { what: "JavaScript loop of 1,000,000", ours: loopOurs, other: loopOther, otherName, unit: "ms" },
  ];
}
