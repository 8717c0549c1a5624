import { Button, Checkbox, Popover, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Kind } from '../server/kind.ts';
import { isPath, type ListColumn } from './columns.ts';

/** Which columns are shown: those that kubectl prints, and any field by its path. */
export function ColumnPicker({
  kind,
  columns,
  shown,
  onChange,
}: {
  kind: Kind;
  columns: readonly ListColumn[];
  shown: readonly ListColumn[];
  onChange(ids: string[] | undefined): void;
}) {
  const [path, setPath] = useState('');
  const ids = shown.map(({ id }) => id);
  const add = (): void => {
    if (!isPath(path)) return;
    onChange([...ids, path]);
    setPath('');
  };
  return (
    <Popover position="bottom-end" width={300} trapFocus>
      <Popover.Target>
        <Button size="xs" variant="default">
          Columns
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs" role="group" aria-label={`Columns of ${kind.kind}`}>
          {columns.map(({ id, heading, description }) => (
            <Checkbox
              key={id}
              size="xs"
              label={heading}
              title={description}
              checked={ids.includes(id)}
              onChange={(event) =>
                onChange(event.currentTarget.checked ? [...ids, id] : ids.filter((each) => each !== id))
              }
            />
          ))}
          <TextInput
            size="xs"
            aria-label="Another field by its path"
            placeholder="spec.nodeName"
            value={path}
            error={path !== '' && !isPath(path) ? 'a path such as spec.nodeName' : undefined}
            onChange={(event) => setPath(event.currentTarget.value)}
            onKeyDown={(event) => event.key === 'Enter' && add()}
          />
          <Button size="xs" variant="default" onClick={() => onChange(undefined)}>
            The usual ones
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
