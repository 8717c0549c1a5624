/** Differences of two texts as Go's clients see them: Ratcliff and Obershelp's matching blocks, three lines around each. */
const CONTEXT = 3;
/** In texts of so many lines, lines that come often do not start a block. */
const LONG = 200;

interface Block {
  a: number;
  b: number;
  size: number;
}

/** Where each line stands in `b`, without those that come too often to tell anything. */
function placesOf(b: readonly string[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  b.forEach((line, i) => {
    const known = places.get(line);
    if (known) known.push(i);
    else places.set(line, [i]);
  });
  if (b.length >= LONG) {
    const often = Math.floor(b.length / 100) + 1;
    for (const [line, at] of places) if (at.length > often) places.delete(line);
  }
  return places;
}

class Matcher {
  private readonly places: Map<string, number[]>;
  constructor(
    private readonly a: readonly string[],
    private readonly b: readonly string[],
  ) {
    this.places = placesOf(b);
  }

  private longest(aFrom: number, aTo: number, bFrom: number, bTo: number): Block {
    let best: Block = { a: aFrom, b: bFrom, size: 0 };
    let lengths = new Map<number, number>();
    for (let i = aFrom; i < aTo; i++) {
      const next = new Map<number, number>();
      for (const j of this.places.get(this.a[i] as string) ?? []) {
        if (j < bFrom) continue;
        if (j >= bTo) break;
        const size = (lengths.get(j - 1) ?? 0) + 1;
        next.set(j, size);
        if (size > best.size) best = { a: i - size + 1, b: j - size + 1, size };
      }
      lengths = next;
    }
    while (best.a > aFrom && best.b > bFrom && this.a[best.a - 1] === this.b[best.b - 1])
      best = { a: best.a - 1, b: best.b - 1, size: best.size + 1 };
    while (
      best.a + best.size < aTo &&
      best.b + best.size < bTo &&
      this.a[best.a + best.size] === this.b[best.b + best.size]
    )
      best.size++;
    return best;
  }

  /** Equal runs in order, neighbours joined, and an empty one at the end. */
  blocks(): Block[] {
    const found: Block[] = [];
    const open: [number, number, number, number][] = [[0, this.a.length, 0, this.b.length]];
    for (let part = open.pop(); part; part = open.pop()) {
      const [aFrom, aTo, bFrom, bTo] = part;
      const block = this.longest(aFrom, aTo, bFrom, bTo);
      if (!block.size) continue;
      found.push(block);
      open.push([aFrom, block.a, bFrom, block.b], [block.a + block.size, aTo, block.b + block.size, bTo]);
    }
    found.sort((x, y) => x.a - y.a);
    const joined: Block[] = [];
    for (const block of found) {
      const last = joined.at(-1);
      if (last && last.a + last.size === block.a && last.b + last.size === block.b) last.size += block.size;
      else joined.push({ ...block });
    }
    return [...joined, { a: this.a.length, b: this.b.length, size: 0 }];
  }
}

const range = (from: number, to: number): string =>
  to - from === 1 ? `${from + 1}` : `${to === from ? from : from + 1},${to - from}`;

/** The hunks of the lines' differences, without a head; '' where they are the same. */
export function unifiedDiff(a: readonly string[], b: readonly string[]): string {
  const blocks = new Matcher(a, b).blocks();
  let out = '';
  let hunk: { a: number; b: number; text: string } | undefined;
  let i = 0;
  let j = 0;
  const lines = (mark: string, from: readonly string[], start: number, end: number): string =>
    from
      .slice(start, end)
      .map((line) => `${mark}${line}\n`)
      .join('');
  for (const block of blocks) {
    if (i < block.a || j < block.b) {
      // what is equal before the first difference is the end of the block before
      hunk ??= {
        a: Math.max(i - CONTEXT, 0),
        b: Math.max(j - CONTEXT, 0),
        text: lines(' ', a, Math.max(i - CONTEXT, 0), i),
      };
      hunk.text += lines('-', a, i, block.a) + lines('+', b, j, block.b);
    }
    i = block.a + block.size;
    j = block.b + block.size;
    if (!hunk) continue;
    const last = block === blocks.at(-1);
    if (!last && block.size <= 2 * CONTEXT) hunk.text += lines(' ', a, block.a, i);
    else {
      const kept = Math.min(block.size, CONTEXT);
      hunk.text += lines(' ', a, block.a, block.a + kept);
      out += `@@ -${range(hunk.a, block.a + kept)} +${range(hunk.b, block.b + kept)} @@\n${hunk.text}`;
      hunk = undefined;
    }
  }
  return out;
}
