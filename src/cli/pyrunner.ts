#!/usr/bin/env node
import { main } from "./runner.js";

main({ command: "pyrunner", language: "python" });
