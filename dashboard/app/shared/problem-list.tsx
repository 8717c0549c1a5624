import { Button } from '@mantine/core';
import type { LineProblem } from '../schema/schema-support.ts';

/** Problems of a text that are listed; the others are marked in it. */
const MOST = 8;

/** What is wrong in a text, by its lines, each of which leads there. */
export const ProblemList = ({
  problems,
  onChosen,
}: {
  problems: readonly LineProblem[];
  onChosen(line: number): void;
}) => (
  <div role="status" aria-label="What is wrong in it">
    {problems.slice(0, MOST).map(({ line, message, severity }, place) => (
      <div key={place} className={`problem ${severity === 'error' ? 'ill' : 'waiting'}`}>
        <Button size="compact-xs" variant="default" onClick={() => onChosen(line)}>
          Line {line}
        </Button>{' '}
        {message}
      </div>
    ))}
    {problems.length > MOST && <div className="problem">and {problems.length - MOST} more</div>}
  </div>
);
