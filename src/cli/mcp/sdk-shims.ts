/**
 * In the bundles this stands in the place of the SDK's own choice of a validator for JSON Schema, since another one is
 * part of this package already, and a third of the size.
 */
export { default as process } from "node:process";
export { CfWorkerJsonSchemaValidator as DefaultJsonSchemaValidator } from "@modelcontextprotocol/server/validators/cf-worker";
/** A browser's alone. */
export const CORS_IS_POSSIBLE = false;
