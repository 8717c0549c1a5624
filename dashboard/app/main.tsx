import '@mantine/core/styles.css';
import '@xterm/xterm/css/xterm.css';
import 'uplot/dist/uPlot.min.css';
import './page.css';
import { createTheme, MantineProvider } from '@mantine/core';
import { RouterProvider } from '@tanstack/react-router';
import { createRoot } from 'react-dom/client';
import { router } from './router.tsx';
import { KindsProvider } from './server/kinds.tsx';
import { nonce } from './shared/nonce.ts';
import { Welcome } from './shell/welcome.tsx';

const theme = createTheme({
  primaryColor: 'indigo',
  primaryShade: { light: 7, dark: 8 },
  // what stands out from a filled button, also from a yellow one
  autoContrast: true,
  respectReducedMotion: true,
  components: {
    // the lock is a style element of its own, which the page's policy does not let through
    Modal: { defaultProps: { lockScroll: false, closeButtonProps: { 'aria-label': 'Close' } } },
    // a page has one banner, and that of a dialog is none
    ModalHeader: { defaultProps: { role: 'presentation' } },
    // what drops down is read where it belongs
    Combobox: { defaultProps: { withinPortal: false } },
    // nothing in a menu has the focus but its items
    Menu: { defaultProps: { withinPortal: false, withInitialFocusPlaceholder: false } },
  },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
});

createRoot(document.getElementById('dashboard')!).render(
  <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={nonce}>
    <KindsProvider fallback={(error) => <Welcome error={error} />}>
      <RouterProvider router={router} />
    </KindsProvider>
  </MantineProvider>,
);
