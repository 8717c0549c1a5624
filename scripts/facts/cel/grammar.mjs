// Writes schema/cel.json, the tables of CEL's parser, from CEL.g4.
//   node scripts/facts/cel/grammar.mjs INTERP_DIR
// INTERP_DIR: where `npx antlr-ng -Dlanguage=TypeScript -o INTERP_DIR scripts/facts/cel/CEL.g4` wrote its .interp files.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const directory = process.argv[2];
if (!directory) throw new Error('usage: node scripts/facts/cel/grammar.mjs INTERP_DIR');
const NAMES = {
  'token literal names': 'literals',
  'token symbolic names': 'symbols',
  'rule names': 'rules',
  'channel names': 'channels',
  'mode names': 'modes',
};

function tables(file) {
  const out = {};
  for (const part of readFileSync(path.join(directory, file), 'utf8').split(/\n+(?=(?:[a-z]+ )+names:|atn:)/)) {
    const [head, ...lines] = part.split('\n').filter((line) => line !== '');
    const name = head.replace(/:$/, '');
    if (name === 'atn') out.atn = JSON.parse(lines.join(''));
    else out[NAMES[name]] = lines.map((line) => (line === 'null' ? null : line));
  }
  return out;
}

writeFileSync(
  new URL('../../../schema/cel.json', import.meta.url),
  `${JSON.stringify({ parser: tables('CEL.interp'), lexer: tables('CELLexer.interp') })}\n`,
);
