import { Autocomplete } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import type { Kind } from '../server/kind.ts';
import { messageOf } from '../server/errors.ts';
import { untilAnswered } from '../server/until-answered.ts';
import { fieldsOf, namedType, parseFilter, whereOf } from './filter.ts';

export interface Applied {
  labelSelector: string;
  where: unknown;
  error: string | undefined;
  /** false until the first text is understood: a list without its filter would be another one */
  known: boolean;
}

/** What a text means as a list's arguments. Throws what is wrong with it. */
async function applied(kind: Kind, text: string): Promise<Pick<Applied, 'labelSelector' | 'where'>> {
  const { conditions, labelSelector } = parseFilter(text);
  return { labelSelector, where: await whereOf(kind.type, conditions) };
}

/** What a text means as a list's arguments. While one writes what is wrong yet, the list stays as it was. */
export function useFilter(kind: Kind, text: string): Applied {
  const [shown, setApplied] = useState<Applied>({
    labelSelector: '',
    where: undefined,
    error: undefined,
    known: text === '',
  });
  useEffect(() => {
    return untilAnswered(() => applied(kind, text), {
      answer: (next) => setApplied({ ...next, error: undefined, known: true }),
      error: (error) => setApplied((before) => ({ ...before, error: messageOf(error) })),
    });
  }, [kind, text]);
  return shown;
}

/** Where the filter is written; it completes the names of fields. */
export function FilterBox({
  kind,
  text,
  error,
  onChange,
}: {
  kind: Kind;
  text: string;
  error: string | undefined;
  onChange(text: string): void;
}) {
  const [value, setValue] = useState(text);
  const [choices, setChoices] = useState<string[]>([]);
  const tell = useDebouncedCallback(onChange, 250);
  // the way back through the history changes it too
  useEffect(() => setValue(text), [text]);
  const write = (next: string): void => {
    setValue(next);
    tell(next);
    void completions(kind.type, next).then(setChoices, () => setChoices([]));
  };
  return (
    <Autocomplete
      size="sm"
      aria-label="Filter"
      placeholder="web   status.phase=Running   label:app=web   spec.nodeName~node   metadata.labels.tier:exists"
      value={value}
      data={choices}
      filter={({ options }) => options}
      onChange={write}
      error={error}
      maxLength={1000}
      spellCheck={false}
    />
  );
}

const HIDDEN = new Set(['and', 'or', 'not', 'null', 'at', 'some', 'every', 'none', 'size', 'isEmpty']);
const MOST = 20;

/** The text with its last word completed by the fields that there are. */
async function completions(type: string, text: string): Promise<string[]> {
  const [, before = '', word = ''] = /^(.*?)([\w.]*)$/s.exec(text) ?? [];
  const path = word.split('.');
  const last = path.pop() ?? '';
  if (!word || (path.length === 0 && last.length < 2)) return [];
  let at = `${type}Where`;
  for (const part of path) {
    const field = (await inside(at)).find(({ name }) => name === part);
    if (!field) return [];
    at = namedType(field.type);
  }
  const names = (await inside(at)).map(({ name }) => name);
  return names
    .filter((name) => name.startsWith(last) && name !== last && !HIDDEN.has(name))
    .slice(0, MOST)
    .map((name) => `${before}${[...path, name].join('.')}`);
}

/** Fields of a struct, or of the items of a list. */
async function inside(type: string) {
  const fields = await fieldsOf(type);
  const some = fields.find(({ name }) => name === 'some');
  return some ? fieldsOf(namedType(some.type)) : fields;
}
