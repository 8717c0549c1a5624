import { linter, type Diagnostic } from '@codemirror/lint';
import { EditorState, type Extension } from '@codemirror/state';
import { completeYaml, type Known } from './complete.ts';
import { problemsOf } from './problems-of.ts';

/** ms after the last key before a text is looked at */
const DELAY = 300;

/** Something that is wrong in a text, by its line. */
export interface LineProblem {
  line: number;
  message: string;
  severity: string;
}

/** Completion and inline problems of YAML, by the schemas of the kinds in it. @param tell hears of the problems, none too */
export const schemaSupport = (known: Known, tell: (problems: readonly LineProblem[]) => void): Extension => {
  // the same at each call: the editor tells sources apart by it
  const data = [{ autocomplete: completeYaml(known) }];
  return [
    EditorState.languageData.of(() => data),
    linter(
      async ({ state }): Promise<Diagnostic[]> => {
        const problems = await problemsOf(state.doc.toString(), known.schemaOf);
        const { length } = state.doc;
        tell(
          problems.map(({ from, message, severity }) => ({
            line: state.doc.lineAt(Math.min(from, length)).number,
            message,
            severity,
          })),
        );
        return problems.map((problem) => ({ ...problem, to: Math.min(problem.to, length) }));
      },
      { delay: DELAY },
    ),
  ];
};
