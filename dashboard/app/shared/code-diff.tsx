import { yaml } from '@codemirror/lang-yaml';
import { MergeView } from '@codemirror/merge';
import { EditorState } from '@codemirror/state';
import { EditorView, lineNumbers } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { lightOrDark, named } from './code-editor.tsx';
import { nonce } from './nonce.ts';

/** Two texts beside each other, with what differs marked. */
export function CodeDiff({ label, before, after }: { label: string; before: string; after: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!place.current) return undefined;
    const side = (doc: string, name: string) => ({
      doc,
      extensions: [
        lineNumbers(),
        yaml(),
        lightOrDark,
        EditorState.readOnly.of(true),
        EditorView.lineWrapping,
        EditorView.cspNonce.of(nonce()),
        named(`${label}: ${name}`),
      ],
    });
    const merge = new MergeView({
      parent: place.current,
      a: side(before, 'before'),
      b: side(after, 'after'),
      collapseUnchanged: { margin: 3, minSize: 6 },
    });
    return () => merge.destroy();
  }, [label, before, after]);
  return <div ref={place} className="code" role="group" aria-label={label} />;
}
