// npm run build: ../viewer.min.js, ended by digests of its sources and of itself, so that a test
// without npm can tell whether the two belong together. An argument names another file to write.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const target = process.argv[2] || "../viewer.min.js";
const sha256 = (parts) => parts.reduce((sum, part) => sum.update(part), createHash("sha256")).digest("hex");

const made = await build({
  entryPoints: ["viewer.js"], bundle: true, minify: true, format: "iife", target: "es2020",
  legalComments: "inline", charset: "utf8", write: false,
});
const text = made.outputFiles[0].text;
const sources = [...readdirSync(".").filter((name) => name.endsWith(".js")).sort(), "package-lock.json"];
const digests = `sources ${sha256(sources.map((name) => readFileSync(name)))} bundle ${sha256([text])}`;
writeFileSync(target, `${text}// ${digests}\n`);
