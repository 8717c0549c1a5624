/** A refusal in the words of Go's encoding/asn1, which clients see. */
export class DerError extends Error {}
export const syntax = (why: string): DerError => new DerError(`asn1: syntax error: ${why}`);
const structure = (why: string): DerError => new DerError(`asn1: structure error: ${why}`);

/** One element: header read, content not looked at. `offset` is where the content begins in `bytes`. */
export interface Element {
  class: number;
  tag: number;
  compound: boolean;
  offset: number;
  length: number;
  bytes: Buffer;
}
export const BIT_STRING = 3;
export const OCTET_STRING = 4;
export const OBJECT_IDENTIFIER = 6;
export const SEQUENCE = 16;
export const SET = 17;
/** class of tags that mean something only where they stand */
export const CONTEXT = 2;

function longTag(bytes: Buffer, at: number): [tag: number, next: number] {
  let tag = 0;
  for (let i = at; ; i++) {
    const byte = bytes[i];
    if (byte === undefined) throw syntax('truncated base 128 integer');
    if (i - at === 5) throw structure('base 128 integer too large');
    if (i === at && byte === 0x80) throw syntax('integer is not minimally encoded');
    tag = tag * 128 + (byte & 0x7f);
    if (byte < 0x80) return [tag, i + 1];
  }
}

function longLength(bytes: Buffer, at: number, count: number): number {
  if (count === 0) throw syntax('indefinite length found (not DER)');
  let length = 0;
  for (let i = 0; i < count; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) throw syntax('truncated tag or length');
    if (length >= 1 << 23) throw structure('length too large');
    length = length * 256 + byte;
    if (length === 0) throw structure('superfluous leading zeros in length');
  }
  if (length < 0x80) throw structure('non-minimal length');
  return length;
}

/** The element at `at`; `end` of the content is checked by `contentOf`, as Go does after the tag. */
export function readElement(bytes: Buffer, at = 0): Element {
  const first = bytes[at];
  if (first === undefined) throw syntax('sequence truncated');
  let next = at + 1;
  let tag = first & 0x1f;
  if (tag === 0x1f) {
    [tag, next] = longTag(bytes, next);
    if (tag < 0x1f) throw syntax('non-minimal tag');
  }
  const size = bytes[next++];
  if (size === undefined) throw syntax('truncated tag or length');
  let length = size;
  if (size & 0x80) {
    length = longLength(bytes, next, size & 0x7f);
    next += size & 0x7f;
  }
  return { class: first >> 6, tag, compound: (first & 0x20) !== 0, offset: next, length, bytes };
}

/** The element, which must be universal and have the tag. `type` is the name of the Go type that it should become. */
export function expectElement(bytes: Buffer, at: number, tag: number, compound: boolean, type: string): Element {
  const element = readElement(bytes, at);
  if (element.class !== 0 || element.tag !== tag || element.compound !== compound) {
    const found = `{class:${element.class} tag:${element.tag} length:${element.length} isCompound:${element.compound}}`;
    const parameters =
      '{optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false}';
    throw structure(`tags don't match (${tag} vs ${found}) ${parameters} ${type} @${element.offset}`);
  }
  if (element.offset + element.length > bytes.length) throw syntax('data truncated');
  return element;
}

export const endOf = ({ offset, length }: Element): number => offset + length;
export const contentOf = (element: Element): Buffer => element.bytes.subarray(element.offset, endOf(element));
export const trailingData = (): DerError => syntax('trailing data');

/** The elements that an element is made of. */
export function childrenOf(parent: Element): Element[] {
  const bytes = parent.bytes.subarray(0, endOf(parent));
  const children: Element[] = [];
  for (let at = parent.offset; at < bytes.length; at = endOf(children.at(-1)!)) {
    const child = readElement(bytes, at);
    if (endOf(child) > bytes.length) throw syntax('data truncated');
    children.push(child);
  }
  return children;
}
