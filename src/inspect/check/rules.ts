/** `must` breaks a MUST of the standard or stops common players; `should` is advice. */
export type Level = 'must' | 'should';

export interface Rule {
  readonly level: Level;
  /** Where it stands: RFC 8216 unless another standard is named. */
  readonly clause: string;
  /** What players do if it is broken, in one sentence. */
  readonly effect: string;
}

const must = (clause: string, effect: string): Rule => ({ level: 'must', clause, effect });
const should = (clause: string, effect: string): Rule => ({ level: 'should', clause, effect });

const REFUSED = 'Players must refuse such a playlist, and many do.';
const LOST = 'Players lose their place: they stall, repeat or skip.';

/** All that is checked. The names are stable; scripts count them. */
export const RULES = {
  // the text of one playlist
  'no-extm3u': must('RFC 8216 §4.3.1.1', REFUSED),
  'not-utf8': must('RFC 8216 §4.1', REFUSED),
  'no-target-duration': must('RFC 8216 §4.3.3.1', 'Players cannot tell when to load the playlist again.'),
  'no-extinf': must(
    'RFC 8216 §4.3.2.1',
    'Players cannot tell how long the segment is, and refuse or skip it.',
  ),
  'bad-extinf': must(
    'RFC 8216 §4.3.2.1',
    'Players cannot tell how long the segment is, and refuse or skip it.',
  ),
  'extinf-over-target': must(
    'RFC 8216 §4.3.3.1',
    'Players reload too early or stall; Apple’s refuse the stream.',
  ),
  'version-too-low': must('RFC 8216 §7', 'Players that go by the version misread what is newer.'),
  'duplicate-tag': must('RFC 8216 §4.3.3', 'Which of the two counts differs from player to player.'),
  'misplaced-tag': must(
    'RFC 8216 §4.3.3',
    'Players that read from top to bottom number the segments wrongly.',
  ),
  'mixed-playlist': must('RFC 8216 §4.1', REFUSED),
  'bad-attribute': must('RFC 8216 §4.2', 'Players misread the attributes or refuse the playlist.'),
  'bad-value': must('RFC 8216 §4.2', 'Players misread the tag or refuse the playlist.'),
  'no-bandwidth': must('RFC 8216 §4.3.4.2', 'Players cannot choose a variant; Safari refuses the stream.'),
  'no-codecs': should('RFC 8216 §4.3.4.2', 'Players must try a variant to learn whether they can play it.'),
  'empty-playlist': must('RFC 8216 §6.2.1', 'Players give a playlist without segments up.'),
  'incomplete-playlist': must(
    'RFC 8216 §6.2.1',
    'The playlist was read while it was written: players lose segments.',
  ),
  // between one load and the next
  'sequence-back': must(
    'RFC 8216 §6.2.2',
    'Players wait until the old number is reached again: the picture freezes.',
  ),
  'segment-changed': must('RFC 8216 §6.2.1', LOST),
  'segment-vanished': must('RFC 8216 §6.2.2', LOST),
  'uri-reused': must('RFC 8216 §6.2.1', 'Caches and players show the old segment in place of the new one.'),
  'discontinuity-sequence': must(
    'RFC 8216 §6.2.2',
    'Players cannot line time lines up: Safari stops with a decoding error, others switch variants wrongly.',
  ),
  'target-duration-changed': must(
    'RFC 8216 §6.2.1',
    'Apple’s players stop; others reload at the wrong pace.',
  ),
  'playlist-stale': must('RFC 8216 §6.2.1', 'Apple’s players give the stream up for good (-12888).'),
  'changed-after-endlist': must(
    'RFC 8216 §4.3.3.4',
    'Players do not load an ended playlist again and miss what was added.',
  ),
  'playlist-too-short': must('RFC 8216 §6.2.2', 'Players have too little ahead of them and stall.'),
  'segment-gone-too-soon': must('RFC 8216 §6.2.2', 'Players that are a little behind get 404 and stop.'),
  'playlist-gone': must('RFC 8216 §6.2.1', 'Players take it for an error, not for the end of the stream.'),
  // segments and what is in them
  'segment-unreachable': must('RFC 8216 §6.2.1', 'Players stall and try again, or stop.'),
  'no-pat-pmt': must('RFC 8216 §3.2', 'Players that begin here, or seek here, cannot find the tracks.'),
  'no-key-frame-start': should(
    'RFC 8216 §3',
    'Players that begin here show nothing, or rubbish, until a key frame.',
  ),
  'extinf-off': must(
    'RFC 8216 §4.3.2.1',
    'Time shown and time played drift apart; AVPlayer waits at the gap.',
  ),
  'discontinuity-missing': must(
    'RFC 8216 §4.3.2.3',
    'Players decode with the wrong settings or wait at a gap that is none: deformed pictures, freezes.',
  ),
  'timestamps-back': must('RFC 8216 §3', 'Players drop what seems to be played already, or jump.'),
  'ts-continuity': must(
    'ISO/IEC 13818-1 §2.4.3.3',
    'Packets are missing: blocks in the picture, clicks in the sound.',
  ),
  'pcr-interval': must('ISO/IEC 13818-1 §2.7.2', 'Set-top boxes and TVs lose the clock.'),
  'not-ts-packets': must(
    'RFC 8216 §3.2',
    'Players cannot read the segment, or lose the picture in its middle.',
  ),
  'track-without-frames': must(
    'RFC 8216 §3.2',
    'Players wait for the track that never comes, and show nothing.',
  ),
  // fragmented MP4
  'no-map': must('RFC 8216 §3.3', 'Players have no codec configuration: they show nothing.'),
  'bad-map': must('RFC 8216 §3.3', 'Players cannot set up their decoders: they show nothing, or stop.'),
  'bad-fragment': must('RFC 8216 §3.3', 'Players drop the segment, read rubbish from it, or stop.'),
  'decode-time-apart': must(
    'ISO/IEC 14496-12 §8.8.12',
    'Browsers drop what overlaps and stall at holes: clicks, frozen pictures.',
  ),
  'fragment-sequence': should(
    'ISO/IEC 14496-12 §8.8.5',
    'Players that go by the number take the fragment for an old one.',
  ),
  'false-sync-sample': must(
    'ISO/IEC 14496-12 §8.8.3.1',
    'Players that begin or seek there show nothing, or rubbish, until a key frame.',
  ),
  'cmaf-brand': should(
    'ISO/IEC 23000-19 §7.2',
    'Players and packagers that go by the brand expect what is not there.',
  ),
  // Low-Latency HLS: the text
  'no-part-inf': must(
    'RFC 8216bis §4.4.3.7',
    'Apple’s players refuse the playlist; others do not use the parts.',
  ),
  'hold-back': must(
    'RFC 8216bis §4.4.3.8',
    'Players play too close to the end and stall; Apple’s refuse the playlist.',
  ),
  'skip-until': must('RFC 8216bis §4.4.3.8', 'Players lose segments that they have not read yet.'),
  'part-over-target': must('RFC 8216bis §4.4.4.9', 'Apple’s players refuse the whole stream; others stall.'),
  'part-too-short': must(
    'RFC 8216bis §4.4.4.9',
    'Players ask more often than they reckoned with, and play too close to the end.',
  ),
  'parts-sum': must('RFC 8216bis §4.4.4.9', 'Players that change from parts to segments jump or repeat.'),
  'old-parts': should('RFC 8216bis §6.2.2', 'Every answer is larger than it need be.'),
  // Low-Latency HLS: from load to load
  'low-latency-changed': must('RFC 8216bis §4.4.3.8', 'Safari stops for good (-12642).'),
  'part-changed': must('RFC 8216bis §6.2.1', LOST),
  'preload-hint': should(
    'RFC 8216bis §6.2.6',
    'Players fetch for nothing and come late with what is there instead.',
  ),
  'hint-refused': should('RFC 8216bis §6.2.6', 'Players lose the time that promises are to save them.'),
  'hint-differs': must(
    'RFC 8216bis §6.2.1',
    'Players that have come early show other media than the rest, or stall.',
  ),
  'blocking-reload': must(
    'RFC 8216bis §6.2.5.2',
    'Players ask again and again, or give blocking up and are seconds behind; Safari freezes.',
  ),
  'blocking-held': must('RFC 8216bis §6.2.5.2', 'Players take the server for broken (-15410).'),
  'blocking-far-future': should(
    'RFC 8216bis §6.2.5.2',
    'Players with a wrong idea of where the stream is hang; whoever likes can tie up requests.',
  ),
  'delta-update': must('RFC 8216bis §6.2.5.1', 'Players put a playlist together that is none.'),
  'rendition-report': must(
    'RFC 8216bis §4.4.5.4',
    'Players that switch variants ask for the wrong part and lose time.',
  ),
  // Low-Latency HLS: the parts
  'parts-differ': must('RFC 8216bis §4.4.4.9', 'Players that change from parts to segments jump or repeat.'),
  'part-independent': must(
    'RFC 8216bis §4.4.4.9',
    'Players begin at parts where there is nothing to begin with.',
  ),
  'part-off': must('RFC 8216bis §4.4.4.9', 'Time shown and time played drift apart; players stall.'),
  // variants beside each other
  'target-durations-differ': must(
    'RFC 8216 §6.2.4',
    'Players that switch variants reload at the wrong pace.',
  ),
  'server-control-differs': must(
    'RFC 8216bis §6.2.4',
    'Players that switch variants stay too close to the end, or ask for what the other does not offer.',
  ),
  'variants-apart': must('RFC 8216 §6.2.4', 'Players that switch variants jump, repeat or stall.'),
  'audio-video-apart': should('RFC 8216 §3', 'Players wait, show a still picture, or shift the sound.'),
  'program-date-time': should(
    'RFC 8216 §4.3.2.6',
    'Clocks and events by wall time are shown at the wrong moment.',
  ),
  'codecs-differ': must('RFC 8216 §4.3.4.2', 'Players set up the wrong decoder: no picture, or no sound.'),
  'resolution-differs': should('RFC 8216 §4.3.4.2', 'Players choose the variant by a wrong size.'),
  'frame-rate-differs': should('RFC 8216 §4.3.4.2', 'Players choose the variant by a wrong rate.'),
  'bandwidth-exceeded': must(
    'RFC 8216 §4.3.4.2',
    'Players choose a variant that their network cannot carry, and stall.',
  ),
  // HTTP
  'playlist-type': must('RFC 8216 §4', 'Players do not recognise the playlist.'),
  'segment-type': should('RFC 8216 §3.2', 'Some TVs and casting devices refuse the segment.'),
  'playlist-cached': must('RFC 8216 §6.2.1', 'Caches give players an old playlist: they stall at its end.'),
  'segment-not-cacheable': should(
    'RFC 8216 §6.2.2',
    'Every viewer is served by the origin: a CDN does not help.',
  ),
  'no-content-length-range': should(
    'RFC 9110 §8.6, §14',
    'Players that size up or resume a download cannot.',
  ),
} as const satisfies Record<string, Rule>;

export type RuleCode = keyof typeof RULES;

/** One breach of a rule, as the functions that look for it give it back. */
export interface Breach {
  readonly code: RuleCode;
  /** What is wrong here, in plain words. */
  readonly message: string;
  /** Media sequence number, where it is about one segment. */
  readonly segment?: number | undefined;
  /** Where this one is worse or milder than the rule in general. */
  readonly level?: Level | undefined;
  /** Where another clause says it better. */
  readonly clause?: string | undefined;
}
