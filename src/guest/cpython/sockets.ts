/** Apart from the rest, since only guests that have a network need it. */
export { socketCalls } from "../../abi/emscripten/sockets.js";
