import type { JSX, RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Menu, MenuItem } from '../player/menu.ts';
import type { Player } from '../player/player.ts';
import { CheckIcon } from './icons.tsx';

interface QualityMenuProps {
  readonly menu: Menu;
  readonly player: RefObject<Player | undefined>;
}

/** The event that opens and closes the menu: the page's key `Q`. */
export const TOGGLE_QUALITY = 'millrace:quality';

/** Which picture and which sound; what plays now stands on the button. Nothing where there is nothing to choose. */
export function QualityMenu({ menu, player }: QualityMenuProps): JSX.Element | null {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const isThere = menu.pictures.length > 0 || menu.sounds.length > 0;

  useEffect(() => {
    const toggle = (): void => setOpen((open) => isThere && !open);
    document.addEventListener(TOGGLE_QUALITY, toggle);
    return () => document.removeEventListener(TOGGLE_QUALITY, toggle);
  }, [isThere]);
  useEffect(() => {
    if (!isOpen) return undefined;
    list.current?.querySelector<HTMLElement>('[aria-checked=true]')?.focus();
    const onPress = (event: Event): void => {
      const path = event.composedPath();
      if (!path.some((one) => one === list.current || one === button.current)) setOpen(false);
    };
    document.addEventListener('pointerdown', onPress);
    return () => document.removeEventListener('pointerdown', onPress);
  }, [isOpen]);

  if (!isThere) return null;
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  const group = (name: string, items: readonly MenuItem[], choose: (item: MenuItem) => void): JSX.Element => (
    <Group
      name={name}
      items={items}
      onChoose={(item) => {
        choose(item);
        close();
      }}
    />
  );
  const chosen = menu.pictures.find(({ isChosen }) => isChosen);
  return (
    <div class="quality">
      <button
        ref={button}
        type="button"
        class="bar-button quality-button"
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-label={`Quality: ${chosen?.label ?? ''} ${menu.shown}`.trim()}
        title="Quality (Q)"
        onClick={() => setOpen(!isOpen)}
      >
        {menu.shown || chosen?.label || 'Sound'}
      </button>
      {isOpen && (
        <div
          ref={list}
          class="quality-list"
          role="menu"
          aria-label="Quality"
          onKeyDown={(event) => onKey(event, list.current, close)}
        >
          {menu.pictures.length > 0 &&
            group('Picture', menu.pictures, ({ place }) => player.current?.choosePicture(place))}
          {menu.sounds.length > 0 &&
            group('Sound', menu.sounds, ({ place }) => player.current?.chooseSound(place ?? 0))}
        </div>
      )}
    </div>
  );
}

interface GroupProps {
  readonly name: string;
  readonly items: readonly MenuItem[];
  readonly onChoose: (item: MenuItem) => void;
}

function Group({ name, items, onChoose }: GroupProps): JSX.Element {
  return (
    <div role="group" aria-label={name}>
      <p class="quality-head" aria-hidden="true">
        {name}
      </p>
      {items.map((item) => (
        <button
          key={String(item.place)}
          type="button"
          class="quality-item"
          role="menuitemradio"
          aria-checked={item.isChosen}
          tabIndex={item.isChosen ? 0 : -1}
          onClick={() => onChoose(item)}
        >
          <span class="quality-check">{item.isChosen && <CheckIcon />}</span>
          <span>{item.label}</span>
          <span class="quality-detail">{item.detail}</span>
        </button>
      ))}
    </div>
  );
}

/** Keys of a menu: WAI-ARIA Authoring Practices, “Menu and Menubar”. */
function onKey(event: KeyboardEvent, list: HTMLElement | null, close: () => void): void {
  const items = [...(list?.querySelectorAll<HTMLElement>('[role=menuitemradio]') ?? [])];
  const at = items.findIndex((item) => item === document.activeElement);
  const to: Readonly<Record<string, number>> = {
    ArrowDown: (at + 1) % items.length,
    ArrowUp: (at - 1 + items.length) % items.length,
    Home: 0,
    End: items.length - 1,
  };
  const next = to[event.key];
  if (next !== undefined) items[next]?.focus();
  else if (event.key === 'Escape' || event.key === 'Tab') close();
  else return;
  event.preventDefault();
  event.stopPropagation();
}
