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
  // the lock is a style element of its own, which the page's policy does not let through
  components: { Modal: { defaultProps: { lockScroll: false } } },
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
