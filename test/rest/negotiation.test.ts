import { describe, expect, it } from 'vitest';
import { parseAccept } from '../../src/rest/negotiation/accept.ts';
import {
  ALL_FORMATS,
  checkProduces,
  CUSTOM_FORMATS,
  negotiate,
  wantsPretty,
} from '../../src/rest/negotiation/negotiate.ts';
import { toYaml } from '../../src/kinds/yaml/write-yaml.ts';

const any = (accept: string, formats = ALL_FORMATS) => negotiate(accept, formats, false, { transforms: true });

describe('accept', () => {
  it('sorts by quality, then by how exact a clause is', () => {
    expect(
      parseAccept('*/*, application/*;q=0.9, application/yaml;q=0.9, text/html').map((c) => `${c.type}/${c.subtype}`),
    ).toEqual(['text/html', '*/*', 'application/yaml', 'application/*']);
  });
  it('takes the first form that is possible', () => {
    expect(any('').format).toBe('json');
    expect(any('text/html, application/yaml').format).toBe('yaml');
    expect(any('application/vnd.kubernetes.protobuf,application/json').format).toBe('protobuf');
    expect(any('application/vnd.kubernetes.protobuf,application/json', CUSTOM_FORMATS).format).toBe('json');
    expect(any('application/json;q=0, application/yaml').format).toBe('yaml');
  });
  it('takes a form of streams wherever it is asked for, where the form has one', () => {
    expect(any('application/json;stream=watch').format).toBe('json');
    expect(any('application/vnd.kubernetes.protobuf;stream=watch').format).toBe('protobuf');
    expect(any('application/json;as=Table;v=v1;g=meta.k8s.io;stream=watch').as?.kind).toBe('Table');
    expect(any('application/yaml;stream=watch,application/json').format).toBe('json');
    expect(() => any('application/yaml;stream=watch')).toThrow('only the following media types are accepted');
    expect(() => any('application/json;stream=x')).toThrow('only the following media types are accepted');
  });
  it('passes over transformations that do not exist', () => {
    expect(any('application/json;as=Table;v=v1;g=meta.k8s.io,application/json').as).toEqual({
      kind: 'Table',
      version: 'v1',
    });
    expect(any('application/json;as=Table;v=v9;g=meta.k8s.io,application/json').as).toBeUndefined();
    expect(() => any('application/json;as=Table;v=v9;g=meta.k8s.io')).toThrow(
      'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    );
  });
  it('has no Tables where there are none', () => {
    const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const read = (accept: string) => negotiate(accept, ALL_FORMATS, false, { transforms: true, tables: false });
    expect(read(`${table},application/json`)).toEqual({ format: 'json', pretty: false });
    expect(() => read(table)).toThrow('only the following media types are accepted: application/json');
    expect(read('application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io').as?.kind).toBe('PartialObjectMetadata');
  });
  it('checks what a route produces before anything else', () => {
    expect(() => checkProduces('application/yaml;q=0.1', ['application/json', 'application/yaml'])).not.toThrow();
    expect(() => checkProduces('text/html', ['application/json', 'application/yaml'])).toThrow(
      '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml',
    );
  });
  it('indents for those who read', () => {
    expect(wantsPretty(new URLSearchParams(), 'curl/8.0')).toBe(true);
    expect(wantsPretty(new URLSearchParams('pretty=0'), 'curl/8.0')).toBe(false);
    expect(wantsPretty(new URLSearchParams('pretty'), 'kubectl/1')).toBe(true);
    expect(wantsPretty(new URLSearchParams(), 'kubectl/1')).toBe(false);
  });
});

describe('yaml', () => {
  it('sorts keys, quotes what would be read as something else, and leaves lists unindented', () => {
    const value = { b: ['1', 'x'], a: { '.': {}, on: 'yes', time: '2025-01-02T03:04:05Z' }, x: 1.5, text: 'a\nb\n' };
    expect(toYaml(value)).toBe(
      'a:\n  .: {}\n  "on": "yes"\n  time: "2025-01-02T03:04:05Z"\nb:\n- "1"\n- x\ntext: |\n  a\n  b\nx: 1.5\n',
    );
  });
});
