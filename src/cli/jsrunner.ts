#!/usr/bin/env -S node --stack-size=6400 --allow-natives-syntax
import { main } from "./runner.js";

main({ command: "jsrunner", language: "javascript" });
