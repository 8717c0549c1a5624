// Writes schema/column-descriptions.json from recorded Table answers: what a client sees as the description of a column.
//   node scripts/facts/column-descriptions.mjs SCENARIOS_DIR
// `*` holds the texts that several kinds share (Name, Age, Images), so that kinds without a recording have them too.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const dir = process.argv[2];
if (!dir) throw new Error('usage: node scripts/facts/column-descriptions.mjs SCENARIOS_DIR');
const columns = {};
const add = (key, { name, description }) => description && ((columns[key] ??= {})[name] = description);
for (const file of readdirSync(dir).filter((f) => f.endsWith('.json'))) {
  for (const { steps } of JSON.parse(readFileSync(path.join(dir, file), 'utf8'))) {
    for (const { request, response } of steps) {
      const body = response.body;
      if (body?.kind !== 'Table') continue;
      const match = /^\/(?:api|apis\/([^/{]+))\/(v[^/]+)\/(?:namespaces\/[^/]+\/)?([a-z]+)/.exec(request.path.split('?')[0]);
      if (!match) continue;
      for (const column of body.columnDefinitions ?? []) {
        add(`${match[1] ? `${match[1]}/` : ''}${match[2]}/${match[3]}`, column);
      }
    }
  }
}
const shared = {};
for (const name of new Set(Object.values(columns).flatMap(Object.keys))) {
  const texts = Object.values(columns).map((c) => c[name]).filter(Boolean);
  if (texts.length < 2 || new Set(texts).size !== 1) continue;
  shared[name] = texts[0];
  for (const own of Object.values(columns)) delete own[name];
}
const rows = Object.entries({ '*': shared, ...columns })
  .filter(([, own]) => Object.keys(own).length)
  .sort(([a], [b]) => (a < b ? -1 : 1));
writeFileSync('schema/column-descriptions.json', `{\n${rows.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join(',\n')}\n}\n`);
