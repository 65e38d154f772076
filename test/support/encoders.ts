import { Background, makeWithFfmpeg } from './programs.ts';

/** An encoder made of ffmpeg's arguments: what is not given is as OBS has it by default. */
export interface Encoder {
  /** How fast it reads: `-re`, in real time, unless something else is given. */
  readonly pace?: string;
  readonly size?: string;
  readonly fps?: string;
  /** Filters of the picture. */
  readonly filter?: string;
  /** x264's options behind the usual ones, which they take the place of. */
  readonly video?: string | false;
  readonly sound?: false;
  /** Added to the sound's time stamps, seconds. */
  readonly soundAt?: number;
  /** Options of the output. */
  readonly output?: string;
}

const SIZE = '160x90';
const words = (text: string): string[] => text.split(' ').filter((word) => word !== '');

function x264(encoder: Encoder): string[] {
  const { fps = '30', filter, video = '' } = encoder;
  if (video === false) return [];
  const [frames, seconds = '1'] = fps.split('/');
  const gop = Math.round((2 * Number(frames)) / Number(seconds));
  return [
    ...words('-c:v libx264 -preset veryfast -threads 1 -pix_fmt yuv420p'),
    ...words(`-b:v 300k -maxrate 300k -bufsize 300k -g ${gop}`),
    ...(filter === undefined ? [] : ['-vf', filter]),
    ...words(video),
  ];
}

function argumentsOf(encoder: Encoder): string[] {
  const { pace = '-re', size = SIZE, fps = '30', soundAt = 0, output = '' } = encoder;
  const picture = ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${fps}`];
  const tone = ['-itsoffset', String(soundAt), '-f', 'lavfi', '-i', 'sine=f=440:r=48000:b=1'];
  return [
    ...(encoder.video === false ? [] : [...words(pace), ...picture]),
    ...(encoder.sound === false ? [] : [...words(pace), ...tone]),
    ...x264(encoder),
    ...(encoder.sound === false ? [] : words('-c:a aac -b:a 64k')),
    ...words(output),
    ...words('-flvflags no_duration_filesize -f flv'),
  ];
}

export function encode(encoder: Encoder, url: string): Background {
  return new Background('ffmpeg', ['-loglevel', 'error', '-nostdin', ...argumentsOf(encoder), url]);
}

/** The same into a file, as fast as it goes. */
export function encodeFile(encoder: Encoder, seconds: number, file: string): string {
  makeWithFfmpeg([...argumentsOf({ ...encoder, pace: '' }), '-t', String(seconds), file]);
  return file;
}
