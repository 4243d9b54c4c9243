// Runs the script of verify.html without a browser over exported logs:
//     node verify_page.mjs [--head FILE] EXPORT...
// and prints one JSON object for each. It ends with 0 when all of them hold.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const page = readFileSync(fileURLToPath(new URL("../../crates/audit/verify.html", import.meta.url)), "utf8");
const script = /<script>([\s\S]*)<\/script>/.exec(page)[1];
(0, eval)(script);
const { verifyLog, readHead } = globalThis.schoolgateVerify;

const asked = process.argv.slice(2);
let head = null;
if (asked[0] === "--head") {
  head = readHead(readFileSync(asked[1], "utf8"));
  asked.splice(0, 2);
}
for (const path of asked) {
  let found;
  try {
    found = { verified: true, ...(await verifyLog(new Uint8Array(readFileSync(path)), { head })) };
  } catch (error) {
    found = { verified: false, entry: error.entry ?? null, error: error.message };
    process.exitCode = 1;
    if (error.entry === undefined) throw error;
  }
  console.log(JSON.stringify(found));
}
