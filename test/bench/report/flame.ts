import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CpuProfile } from '../profiler.ts';
import { escape } from './plot.ts';

interface Frame {
  name: string;
  self: number;
  total: number;
  children: Map<string, Frame>;
}

const WIDTH = 1400;
const LINE = 17;
/** Narrower frames are left out, px. */
const NARROWEST = 1;
const DEEPEST = 60;

/** esbuild writes the source file's name before its part of the bundle: the last one before a line is the line's. */
class Sources {
  private readonly files = new Map<string, string[]>();

  of(url: string, line: number): string {
    if (!url.startsWith('file:')) return url.replace(/^node:/, '');
    const modules = url.replace(/^.*node_modules\//, '');
    if (modules !== url)
      return modules
        .split('/')
        .slice(0, modules.startsWith('@') ? 2 : 1)
        .join('/');
    let lines = this.files.get(url);
    if (!lines) {
      let last = '';
      try {
        lines = readFileSync(fileURLToPath(url), 'utf8')
          .split('\n')
          .map((text) => (last = /^\/\/ (src\/\S+)$/.exec(text)?.[1] ?? last));
      } catch {
        lines = [];
      }
      this.files.set(url, lines);
    }
    return lines[line] ?? '';
  }
}

/** The profile as a tree of calls with times in ms; functions of one name and file are one. */
function tree(profile: CpuProfile): Frame {
  const sources = new Sources();
  const self = new Map<number, number>();
  profile.samples.forEach((id, i) => self.set(id, (self.get(id) ?? 0) + (profile.timeDeltas[i] ?? 0) / 1000));
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const root: Frame = { name: 'all', self: 0, total: 0, children: new Map() };
  const add = (id: number, parent: Frame): number => {
    const { callFrame, children = [] } = nodes.get(id)!;
    const source = sources.of(callFrame.url, callFrame.lineNumber);
    const name = `${callFrame.functionName || '(anonymous)'}${source && ` ${source}`}`;
    if (name.startsWith('(idle)')) return 0;
    const frame = parent.children.get(name) ?? { name, self: 0, total: 0, children: new Map<string, Frame>() };
    parent.children.set(name, frame);
    const own = self.get(id) ?? 0;
    const total = own + children.reduce((sum, child) => sum + add(child, frame), 0);
    frame.self += own;
    frame.total += total;
    return total;
  };
  root.total = (profile.nodes[0]?.children ?? []).reduce((sum, child) => sum + add(child, root), 0);
  return root;
}

/** The functions with the most time of their own: `12.3 %  name file`. */
export function hottest(profile: CpuProfile, count = 25): string[] {
  const root = tree(profile);
  const totals = new Map<string, number>();
  const visit = (frame: Frame): void => {
    totals.set(frame.name, (totals.get(frame.name) ?? 0) + frame.self);
    frame.children.forEach(visit);
  };
  visit(root);
  return [...totals]
    .sort((a, b) => b[1] - a[1])
    .slice(0, count)
    .map(([name, ms]) => `${((ms / root.total) * 100).toFixed(1).padStart(5)} %  ${name}`);
}

/** Callers above their callees, as wide as they took time. */
export function flameGraph(profile: CpuProfile, title: string): string {
  const root = tree(profile);
  const boxes: string[] = [];
  let deepest = 0;
  const draw = (frame: Frame, left: number, depth: number): void => {
    const width = (frame.total / root.total) * WIDTH;
    if (width < NARROWEST || depth > DEEPEST) return;
    deepest = Math.max(deepest, depth);
    const y = 30 + depth * LINE;
    const text =
      width > 30
        ? `<text x="${(left + 2).toFixed(1)}" y="${y + 12}">${escape(frame.name.slice(0, Math.floor(width / 6.2)))}</text>`
        : '';
    const hue = [...frame.name].reduce((sum, c) => sum + c.charCodeAt(0), 0) % 50;
    const label = `${frame.name}: ${frame.total.toFixed(1)} ms, ${((frame.total / root.total) * 100).toFixed(1)} %`;
    boxes.push(
      `<g><title>${escape(label)}</title><rect x="${left.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${LINE - 1}" fill="hsl(${hue} 80% 65%)"/>${text}</g>`,
    );
    let at = left;
    for (const child of [...frame.children.values()].sort((a, b) => b.total - a.total)) {
      draw(child, at, depth + 1);
      at += (child.total / root.total) * WIDTH;
    }
  };
  draw(root, 0, 0);
  const height = 50 + (deepest + 1) * LINE;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="monospace" font-size="10">
<rect width="100%" height="100%" fill="#fff"/><text x="6" y="18" font-size="14">${escape(title)}</text>
${boxes.join('\n')}
</svg>
`;
}
