import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { AutoIcon, MoonIcon, SunIcon, Wheel } from './icons.tsx';
import { savedTheme, saveTheme, THEMES, type Theme } from './theme.ts';

const LOOKS: Readonly<Record<Theme, { name: string; icon: () => JSX.Element }>> = {
  auto: { name: 'as the system', icon: AutoIcon },
  light: { name: 'light', icon: SunIcon },
  dark: { name: 'dark', icon: MoonIcon },
};

interface HeaderProps {
  /** At the right, before the button for the colours. */
  readonly children?: ComponentChildren;
}

export function Header({ children }: HeaderProps): JSX.Element {
  return (
    <header class="header">
      <a class="brand" href="/" aria-label="Millrace, all streams">
        <Wheel turning={false} />
        <span>Millrace</span>
      </a>
      <div class="header-right">
        {children}
        <ThemeButton />
      </div>
    </header>
  );
}

function ThemeButton(): JSX.Element {
  const [theme, setTheme] = useState(savedTheme);
  const look = LOOKS[theme];
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto';
  const label = `Colours: ${look.name}. Change to ${LOOKS[next].name}.`;
  const change = (): void => {
    saveTheme(next);
    setTheme(next);
  };
  return (
    <button type="button" class="icon-button" onClick={change} aria-label={label} title={label}>
      <look.icon />
    </button>
  );
}
