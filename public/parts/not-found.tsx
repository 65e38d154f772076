import type { JSX } from 'preact';
import { Header } from './header.tsx';
import { Wheel } from './icons.tsx';

export function NotFound(): JSX.Element {
  return (
    <div class="shell">
      <Header />
      <main class="notice-page">
        <Wheel turning={false} />
        <h1>There is no page here</h1>
        <p>A stream’s page is found at /watch/app/stream.</p>
        <a class="button button-strong" href="/">
          All streams
        </a>
      </main>
    </div>
  );
}
