import type { Findings } from './findings.ts';
import { pictureTrouble, soundTrouble } from './support.ts';
import type { Verdict } from './verdict.ts';

/** One symptom: the verdict, or undefined if this stream does not have it. */
export type Rule = (findings: Findings) => Verdict | undefined;

/** HLS cuts at key frames and a player holds three segments: from here on the delay grows beyond what people accept. */
const LONG_GOP_SECONDS = 4.2;
const VERY_LONG_GOP_SECONDS = 10.2;
/** Of a whole GOP; a picture each of which stands alone costs several times the bits. */
const TINY_GOP_SECONDS = 0.3;
/** The media clock may lag so much over ten seconds before viewers' buffers run dry. */
const STARVING_SPEED = 0.93;
/** And run ahead, over thirty: no encoder's crystal is off by so much. */
const FAST_SPEED = 1.05;
/** A publisher that was held up catches up faster than time, and is not ahead of it then. */
const LEAST_AHEAD_MS = 1_000;
/** Nobody begins with more of the past than this: one need not look longer. */
const FAR_AHEAD_MS = 10_000;
const FAR_AHEAD_SPEED = 1.5;
/** More than players of the low-delay formats keep in hand. */
const LATE_MS = 700;
const LATE_SECONDS = 2;
const BURST_FACTOR = 3;
const BURST_LEAST = 1_000_000;
const MISSING_SHARE = 0.02;
/** Of the rate that the encoder's own metadata promises. */
const RATE_SHARE = 0.9;
const AUDIO_OFFSET_MS = 300;
/** A track that begins later than this has joined later; an offset is something else. */
const AUDIO_JOINED_MS = 1_000;
/** Two or three B-frames are every encoder's default and worth their price, unless the pictures are slow. */
const USUAL_B_FRAMES = 3;
const USUAL_B_FRAMES_MS = 210;
const MORE_B_FRAMES_MS = 100;
const SILENT_SECONDS = 4;
const ABSENT_SECONDS = 6;

const ms = (value: number): string => `${Math.round(value)} ms`;
const seconds = (value: number): string => `${value.toFixed(1)} s`;
const mbps = (bits: number): string => `${(bits / 1_000_000).toFixed(1)} Mb/s`;
const round = (value: number, digits = 2): number => Number(value.toFixed(digits));

export const RULES: readonly Rule[] = [
  function unusableTrack({ problems }) {
    if (problems.length === 0) return undefined;
    return {
      code: 'track-unusable',
      severity: 'error',
      text: `Part of what the encoder sends cannot be used: ${problems[0]!}.`,
      remedy: 'Set the encoder to H.264 (8 bit, 4:2:0) and AAC, and start it again.',
      measured: { tracks: problems.length },
    };
  },

  function longGop({ gopSeconds }) {
    if (gopSeconds < LONG_GOP_SECONDS) return undefined;
    return {
      code: 'keyframe-interval',
      severity: gopSeconds < VERY_LONG_GOP_SECONDS ? 'warning' : 'error',
      text: `Key frames are ${seconds(gopSeconds)} apart: HLS is that much slower, and who joins waits for one.`,
      remedy:
        'Set 2 s in OBS: Settings → Output → Keyframe Interval; with ffmpeg: -g and twice the frame rate.',
      measured: { gopSeconds: round(gopSeconds) },
    };
  },

  function tinyGop({ wholeGopSeconds, cadence }) {
    if (wholeGopSeconds === undefined || wholeGopSeconds > TINY_GOP_SECONDS) return undefined;
    const isEvery = wholeGopSeconds * (cadence.framesPerSecond ?? 0) < 1.5;
    return {
      code: 'keyframes-only',
      severity: 'advice',
      text: `${isEvery ? 'Every picture is a key frame' : `A key frame comes every ${ms(wholeGopSeconds * 1000)}`}: between them the same picture would need a fraction of the bits.`,
      remedy: 'Set the key frame interval to 2 s (OBS: Settings → Output → Keyframe Interval).',
      measured: { gopSeconds: round(wholeGopSeconds) },
    };
  },

  function starving({ seconds: age, speed10, bitrate, videoSilence, audioSilence }) {
    if (age < 12 || speed10 >= STARVING_SPEED) return undefined;
    if ((videoSilence ?? 0) > 1 && (audioSilence ?? Infinity) < 1) return undefined; // the picture alone stands still
    const share = Math.round(speed10 * 100);
    return {
      code: 'bitrate-starving',
      severity: speed10 < 0.8 ? 'error' : 'warning',
      text: `Only ${share} % of the media arrives in time (${mbps(bitrate)}): the connection or the encoder is too slow, viewers run dry.`,
      remedy:
        'Lower the bitrate (OBS: Settings → Output → Video Bitrate) to two thirds of the upload that a speed test shows, use a cable instead of Wi-Fi, and watch OBS for an overloaded encoder.',
      measured: { mediaPerSecond: round(speed10), kbps: Math.round(bitrate / 1000) },
    };
  },

  function fast({ seconds: age, speed10, speed30, aheadMs }) {
    const isFarAhead = aheadMs >= FAR_AHEAD_MS && speed10 >= FAR_AHEAD_SPEED;
    const isFast = age >= 32 && speed30 >= FAST_SPEED && aheadMs >= LEAST_AHEAD_MS;
    if (!isFarAhead && !isFast) return undefined;
    const speed = isFarAhead ? speed10 : speed30;
    return {
      code: 'clock-fast',
      severity: 'warning',
      text: `The media comes ${round(speed)} times as fast as time: live players cannot keep it.`,
      remedy: 'Send in real time (ffmpeg: -re before -i).',
      measured: { mediaPerSecond: round(speed), aheadMs: Math.round(aheadMs) },
    };
  },

  function late({ seconds: age, lateMs, lateSeconds, speed10 }) {
    if (age < 5 || lateMs < LATE_MS || lateSeconds < LATE_SECONDS || speed10 < STARVING_SPEED)
      return undefined;
    return {
      code: 'frames-late',
      severity: 'warning',
      text: `Frames come up to ${ms(lateMs)} late, then in a rush: the connection to the encoder stalls.`,
      remedy:
        'Use a cable instead of Wi-Fi, lower the bitrate, or turn on OBS: Settings → Advanced → Network optimizations.',
      measured: { lateMs: Math.round(lateMs), lateSeconds },
    };
  },

  function bursting({ seconds: age, bitrate, peakBitrate, lateMs }) {
    if (age < 12 || bitrate < BURST_LEAST || peakBitrate < bitrate * BURST_FACTOR) return undefined;
    if (lateMs >= LATE_MS) return undefined; // what was held up comes in a rush
    return {
      code: 'bitrate-bursting',
      severity: 'advice',
      text: `One second takes ${mbps(peakBitrate)} where ${mbps(bitrate)} is the mean: viewers with little to spare will stall.`,
      remedy:
        'Use constant bitrate (OBS: Settings → Output → Rate Control: CBR; ffmpeg: -maxrate and -bufsize).',
      measured: { peakKbps: Math.round(peakBitrate / 1000), kbps: Math.round(bitrate / 1000) },
    };
  },

  function missingFrames({ seconds: age, cadence, declaredRate }) {
    const { framesPerSecond, missingShare, missingFrames } = cadence;
    if (age < 8 || framesPerSecond === undefined) return undefined;
    const belowDeclared = declaredRate !== undefined && framesPerSecond < declaredRate * RATE_SHARE;
    if (missingShare < MISSING_SHARE && !belowDeclared) return undefined;
    const what =
      missingShare >= MISSING_SHARE
        ? `${Math.round(missingShare * 100)} % of the pictures are missing (${missingFrames} of the last few hundred)`
        : `${round(framesPerSecond, 1)} pictures a second come where the encoder announced ${round(declaredRate!, 1)}`;
    return {
      code: 'frames-missing',
      severity: 'warning',
      text: `The encoder drops frames: ${what}.`,
      remedy:
        'The encoder or its connection cannot keep up: choose a faster preset, a smaller picture or a hardware encoder (OBS: Settings → Output → Encoder), or lower the bitrate.',
      measured: {
        missingShare: round(missingShare, 3),
        framesPerSecond: round(framesPerSecond),
        ...(declaredRate !== undefined && { declaredRate }),
      },
    };
  },

  function jumping({ jumps }) {
    if (jumps === 0) return undefined;
    return {
      code: 'timestamps-jump',
      severity: jumps > 2 ? 'error' : 'warning',
      text: `The encoder's clock has jumped ${jumps === 1 ? 'once' : `${jumps} times`} within a minute: players stop and start again.`,
      remedy:
        'Look for a source that loops or is restarted; with ffmpeg use -stream_loop with -fflags +genpts, or restart the encoder.',
      measured: { jumps },
    };
  },

  function noAudio({ seconds: age, audio, video, audioSilence }) {
    if (!video) return undefined;
    if (audio && audioSilence !== undefined && audioSilence > SILENT_SECONDS) {
      return {
        code: 'audio-stopped',
        severity: 'warning',
        text: `No sound has come for ${seconds(audioSilence)}, the picture goes on.`,
        remedy: 'Look at the encoder’s audio source; if it is meant to be silent, send silence.',
        measured: { silentSeconds: round(audioSilence, 1) },
      };
    }
    if (audio || age < ABSENT_SECONDS) return undefined;
    return {
      code: 'audio-missing',
      severity: 'advice',
      text: 'There is a picture but no sound track.',
      remedy:
        'If there should be sound: add an audio source in the encoder; some players wait for a sound track.',
      measured: { seconds: age },
    };
  },

  function noVideo({ video, videoSilence, audioSilence }) {
    if (!video || videoSilence === undefined || videoSilence < SILENT_SECONDS) return undefined;
    if (audioSilence === undefined || audioSilence > 1) return undefined; // then all of it stands still
    return {
      code: 'video-stopped',
      severity: 'error',
      text: `No picture has come for ${seconds(videoSilence)}, the sound goes on.`,
      remedy: 'Look at the encoder’s video source, and whether its encoder has failed.',
      measured: { silentSeconds: round(videoSilence, 1) },
    };
  },

  function offset({ seconds: age, audioAheadMs, audioLeadMs }) {
    const runsApart = Math.abs(audioAheadMs) >= AUDIO_OFFSET_MS;
    const lead = Math.abs(audioLeadMs);
    if (age < 6 || !(runsApart || (lead >= AUDIO_OFFSET_MS && lead <= AUDIO_JOINED_MS))) return undefined;
    const by = runsApart ? audioAheadMs : audioLeadMs;
    const side = by > 0 ? 'ahead of' : 'behind';
    return {
      code: 'audio-offset',
      severity: runsApart ? 'warning' : 'advice',
      text: `The sound’s time stamps ${runsApart ? 'run' : 'begin'} ${ms(Math.abs(by))} ${side} the picture’s.`,
      remedy:
        'If voice and lips do not agree: set the audio source’s sync offset to 0 (OBS: Advanced Audio Properties; ffmpeg: -itsoffset), and see that picture and sound come from one source.',
      measured: { [runsApart ? 'audioAheadMs' : 'audioLeadMs']: Math.round(by) },
    };
  },

  function bFrames({ cadence }) {
    const { bFrames, framesPerSecond } = cadence;
    const cost = framesPerSecond === undefined ? 0 : (bFrames * 1000) / framesPerSecond;
    if (cost < (bFrames <= USUAL_B_FRAMES ? USUAL_B_FRAMES_MS : MORE_B_FRAMES_MS)) return undefined;
    return {
      code: 'b-frames',
      severity: 'advice',
      text: `${bFrames} B-frames in a row cost ${ms(cost)} of delay.`,
      remedy:
        'For the least delay set B-frames to 0 (OBS: x264 tune zerolatency or “bframes=0”; NVENC: Max B-frames 0).',
      measured: { bFrames, delayMs: Math.round(cost) },
    };
  },

  function codecs({ video, audio }) {
    const trouble = (video && pictureTrouble(video)) ?? (audio && soundTrouble(audio));
    if (trouble === undefined) return undefined;
    return { code: 'codec-support', severity: 'warning', ...trouble };
  },

  function sizes({ sizeChanges }) {
    if (sizeChanges === 0) return undefined;
    return {
      code: 'resolution-change',
      severity: 'advice',
      text: `The picture changed its size ${sizeChanges === 1 ? 'once' : `${sizeChanges} times`} within ten minutes: each change is a break for players.`,
      remedy:
        'Keep the output size fixed (OBS: Settings → Video → Output Resolution); turn off dynamic resolution.',
      measured: { changes: sizeChanges },
    };
  },
];
