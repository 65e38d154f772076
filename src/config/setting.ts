import * as z from 'zod';

/** Makes a setting that says what it is for; the README's table and `--help` are made from these words. */
export const setting = <T extends z.ZodType>(schema: T, help: string): T => schema.describe(help);

/** Marks the name of a file: in the environment its variable may end in `_FILE`, as that of a secret in a file does. */
export const fileName = <T extends z.ZodType>(schema: T): T => schema.meta({ file: true });

/** Marks a value that must not be shown, wherever in the settings it stands. In the environment it may come from a file. */
export const secret = <T extends z.ZodType>(schema: T): T => schema.meta({ secret: true });

/** A server that encoders are sent to. */
export const rtmpServer = z
  .string()
  .regex(/^(rtmps?:\/\/[^/?#@\s]+)?$/i)
  .meta({ allowed: 'rtmp://HOST[:PORT], rtmps://HOST[:PORT], or empty' });
