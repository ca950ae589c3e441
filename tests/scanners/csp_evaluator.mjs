// Prints, as JSON, what Google's CSP Evaluator finds in the policy given.
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const { CspParser } = require("csp_evaluator/dist/parser.js");
const evaluator = require("csp_evaluator/dist/evaluator.js");

const checks = [...evaluator.DEFAULT_CHECKS, ...evaluator.STRICTCSP_CHECKS];
const { csp } = new CspParser(process.argv[2]);
const findings = new evaluator.CspEvaluator(csp).evaluate(checks, checks);
const texts = findings.map((found) => `${found.directive}: ${found.description}`);
console.log(JSON.stringify([...new Set(texts)]));
