import { render } from 'preact';
import { NotFound } from './parts/not-found.tsx';
import { applyTheme, savedTheme } from './parts/theme.ts';
import { route } from './text/links.ts';

applyTheme(savedTheme());

const root = document.getElementById('page');
if (root) void show(root);

/** Each page is a part of its own: the list of streams needs no player. */
async function show(at: HTMLElement): Promise<void> {
  const where = route(location.pathname);
  switch (where.page) {
    case 'home': {
      const { Home } = await import('./pages/home.tsx');
      render(<Home />, at);
      return;
    }
    case 'watch': {
      const { Watch } = await import('./pages/watch.tsx');
      render(<Watch app={where.app} stream={where.stream} />, at);
      return;
    }
    case 'recordings': {
      const { Recordings } = await import('./pages/recordings.tsx');
      render(<Recordings />, at);
      return;
    }
    case 'unknown':
      render(<NotFound />, at);
  }
}
