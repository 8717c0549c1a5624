import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { expect } from 'vitest';
import type { Decision } from './decision.ts';

const FILE = 'docs/nodes.md';
const HEAD = '\n## Fields\n';

const title = (type: string): string => `### ${type}`;

/** The tables of the page, a type each. */
function tables(decisions: Readonly<Record<string, Decision>>): string {
  const byType = new Map<string, string[]>();
  for (const [name, { process, containerd = process, simulated }] of Object.entries(decisions)) {
    const [type = '', field = ''] = name.split('.');
    const cell = (text: string): string => text || 'by its parts';
    const rows = byType.get(type) ?? [];
    rows.push(`| \`${field}\` | ${cell(process)} | ${cell(containerd)} | ${cell(simulated)} |`);
    byType.set(type, rows);
  }
  return [...byType]
    .map(([type, rows]) =>
      [title(type), '', '| field | process | containerd | simulated |', '|---|---|---|---|', ...rows.sort()].join('\n'),
    )
    .join('\n\n');
}

/** Compares that section of docs/nodes.md, and nothing else of it; with WRITE_DOCS set it is written. */
export async function documented(decisions: Readonly<Record<string, Decision>>): Promise<void> {
  const page = readFileSync(FILE, 'utf8');
  const start = page.indexOf(HEAD) + HEAD.length;
  const next = page.indexOf('\n## ', start);
  const end = next < 0 ? page.length : next;
  const intro =
    'What becomes of each field on each runtime. A field that is refused keeps the pod from running, with this message ' +
    'in its events or its status. Written by `WRITE_DOCS=1 npx vitest run test/nodes/fields`, from the table that the test ' +
    'tries.\n\n';
  const wanted = `\n${await format(intro + tables(decisions), { ...(await resolveConfig(FILE)), parser: 'markdown' })}`;
  if (process.env['WRITE_DOCS']) writeFileSync(FILE, page.slice(0, start) + wanted + page.slice(end));
  else expect(page.slice(start, end)).toBe(wanted);
}
