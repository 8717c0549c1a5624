import { yaml } from '@codemirror/lang-yaml';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { Compartment, EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { basicSetup } from 'codemirror';
import { useEffect, useRef, useState } from 'react';
import { schemaSupport, type LineProblem } from '../schema/schema-support.ts';
import { useKnown } from '../schema/use-known.ts';
import { ProblemList } from './problem-list.tsx';
import { nonce } from './nonce.ts';

/** How texts look on either background; each colour stands out from it as WCAG AA asks. */
export const lightOrDark = [
  EditorView.theme({
    '&': { backgroundColor: 'var(--mantine-color-body)', color: 'var(--mantine-color-text)' },
    '.cm-gutters': {
      backgroundColor: 'var(--mantine-color-body)',
      color: 'var(--mantine-color-dimmed)',
      border: 'none',
    },
    '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--mantine-color-default-hover)' },
    '.cm-cursor': { borderLeftColor: 'var(--mantine-color-text)' },
  }),
  syntaxHighlighting(
    HighlightStyle.define([
      { tag: [tags.propertyName, tags.typeName], color: 'light-dark(#0b4a8f, #9ccbff)' },
      { tag: [tags.string, tags.literal, tags.inserted], color: 'light-dark(#06603f, #7ee2b8)' },
      { tag: [tags.keyword, tags.labelName, tags.meta], color: 'light-dark(#7a1fa2, #e3b5ff)' },
      { tag: tags.comment, color: 'light-dark(#6b4a00, #e8c37a)' },
      { tag: [tags.deleted, tags.invalid], color: 'light-dark(#a11212, #ffa8a8)' },
    ]),
  ),
];

/** What a screen reader calls a text, which the keyboard reaches and scrolls also where browsers would pass it over. */
export const named = (label: string) => EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' });

/**
 * YAML to be read, or with `onChange` to be written: then it is completed (Ctrl-Space), and what is wrong in it is told.
 * Tab leaves it, so that the keyboard is not caught.
 */
export function CodeEditor({
  label,
  text,
  onChange,
}: {
  label: string;
  text: string;
  onChange?: (text: string) => void;
}) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const tell = useRef(onChange);
  const writable = useRef(new Compartment());
  const known = useKnown();
  const [problems, setProblems] = useState<readonly LineProblem[]>([]);
  const modes = (isWritable: boolean) =>
    isWritable ? schemaSupport(known, setProblems) : EditorState.readOnly.of(true);
  useEffect(() => {
    tell.current = onChange;
  });
  useEffect(() => {
    if (!place.current) return undefined;
    const editor = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: text,
        extensions: [
          basicSetup,
          yaml(),
          lightOrDark,
          EditorView.cspNonce.of(nonce()),
          named(label),
          EditorView.updateListener.of((update) => update.docChanged && tell.current?.(update.state.doc.toString())),
          writable.current.of(modes(onChange !== undefined)),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, []);
  useEffect(() => {
    view.current?.dispatch({ effects: writable.current.reconfigure(modes(onChange !== undefined)) });
    if (onChange === undefined) setProblems([]);
  }, [onChange === undefined]);
  useEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === text) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } });
  }, [text]);
  const goTo = (line: number): void => {
    const editor = view.current;
    if (!editor || line > editor.state.doc.lines) return;
    editor.dispatch({ selection: { anchor: editor.state.doc.line(line).from }, scrollIntoView: true });
    editor.focus();
  };
  return (
    <div>
      <div ref={place} className="code" />
      <ProblemList problems={problems} onChosen={goTo} />
    </div>
  );
}
