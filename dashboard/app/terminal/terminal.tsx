import { FitAddon } from '@xterm/addon-fit';
import { Terminal as Xterm } from '@xterm/xterm';
import { useEffect, useRef } from 'react';
import { BoundedOutput } from './bounded-output.ts';
import { letStylesPass } from './own-styles.ts';
import { TerminalSession, type Wanted } from './terminal-session.ts';

/** Lines above what is in sight that are kept. */
const SCROLLBACK = 5000;

/** Dark in either theme, as programs choose their colours for it. */
const THEME = { background: '#14171c', foreground: '#e6e8eb', cursor: '#e6e8eb' };

/**
 * A terminal in a container. All keys are the container's but F6, which leaves it.
 * @param onEnd told once how it ended
 */
export function Terminal({ label, wanted, onEnd }: { label: string; wanted: Wanted; onEnd(how: string): void }) {
  const place = useRef<HTMLDivElement>(null);
  const tell = useRef(onEnd);
  useEffect(() => {
    tell.current = onEnd;
  });
  useEffect(() => {
    const box = place.current;
    if (!box) return undefined;
    const endStyles = letStylesPass();
    const screen = new Xterm({
      cursorBlink: false,
      fontFamily: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
      fontSize: 13,
      scrollback: SCROLLBACK,
      screenReaderMode: true,
      theme: THEME,
    });
    const fit = new FitAddon();
    screen.loadAddon(fit);
    screen.open(box);
    screen.textarea?.setAttribute('aria-label', label);
    screen.attachCustomKeyEventHandler((event) => {
      if (event.key !== 'F6') return true;
      if (event.type === 'keydown') document.getElementById('terminal-left')?.focus();
      return false;
    });
    const output = new BoundedOutput((bytes, shown) => screen.write(bytes, shown));
    const session = new TerminalSession(wanted, {
      opened: () => {
        fit.fit();
        session.resize(screen.cols, screen.rows);
        screen.focus();
      },
      output: (bytes) => output.take(bytes),
      ended: (how) => {
        screen.options.disableStdin = true;
        tell.current(how);
      },
    });
    screen.onData((text) => session.send(text));
    screen.onResize(({ cols, rows }) => session.resize(cols, rows));
    const resize = new ResizeObserver(() => fit.fit());
    resize.observe(box);
    return () => {
      resize.disconnect();
      session.close();
      screen.dispose();
      endStyles();
    };
  }, [wanted]);
  return <div ref={place} className="terminal-box" />;
}
