import { Table, type TableProps } from '@mantine/core';
import type { ReactNode } from 'react';

interface Props extends Pick<TableProps, 'fz' | 'ff' | 'mah'> {
  heads: readonly string[];
  /** below which it scrolls sideways, px */
  minWidth: number;
  /** its rows */
  children: ReactNode;
}

/** A small table with headings, all of whose rows are shown. */
export const DataTable = ({ heads, minWidth, mah, children, ...rest }: Props) => (
  <Table.ScrollContainer
    minWidth={minWidth}
    scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}
    {...(mah !== undefined && { mah })}
  >
    <Table {...rest}>
      <Table.Thead>
        <Table.Tr>
          {heads.map((head) => (
            <Table.Th key={head}>{head}</Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>{children}</Table.Tbody>
    </Table>
  </Table.ScrollContainer>
);
