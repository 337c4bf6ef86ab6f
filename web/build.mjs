// Bundles the page into the folder of the first argument: index.html, app.js and app.css, each compressed by gzip.
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import esbuild from "esbuild";

const out = process.argv[2] ?? "../artifacts/page";
const MaxScriptBytes = 200_000;

const { outputFiles } = await esbuild.build({
  entryPoints: ["src/app.tsx"], bundle: true, minify: true, format: "iife", target: "es2022", jsx: "automatic", jsxImportSource: "preact",
  legalComments: "none", outdir: "out", write: false, logLevel: "silent",
});
const files = { "index.html": await readFile("src/index.html") };
for (const file of outputFiles) files[file.path.split("/").at(-1)] = Buffer.from(file.contents);

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
for (const [name, content] of Object.entries(files)) {
  const compressed = gzipSync(content, { level: 9 });
  if (name === "app.js" && compressed.length > MaxScriptBytes) throw new Error(`app.js has ${compressed.length} bytes compressed, more than ${MaxScriptBytes}`);
  await writeFile(`${out}/${name}.gz`, compressed);
}
