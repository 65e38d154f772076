/** The byte in front of each AMF0 value (AMF0 §2.1). */
export const Marker = {
  number: 0x00,
  boolean: 0x01,
  string: 0x02,
  object: 0x03,
  movieClip: 0x04,
  null: 0x05,
  undefined: 0x06,
  reference: 0x07,
  ecmaArray: 0x08,
  objectEnd: 0x09,
  strictArray: 0x0a,
  date: 0x0b,
  longString: 0x0c,
  unsupported: 0x0d,
  recordSet: 0x0e,
  xmlDocument: 0x0f,
  typedObject: 0x10,
  avmPlus: 0x11,
} as const;

/** Objects within objects. Metadata in the field nests three deep; each level costs a stack frame. */
export const MAX_AMF_DEPTH = 32;

/**
 * Values in one message, inner ones included. The longest metadata seen from encoders has about 60;
 * a peer that sends more than a thousand wants our memory, not our attention.
 */
export const MAX_AMF_ELEMENTS = 1024;

/** The name of an object's member has a 16-bit length. */
export const MAX_AMF_NAME_BYTES = 0xffff;

/**
 * What all references of one message may stand for, written out, in bytes. Encoders send no references at all; but one
 * that points at an object with a long text makes megabytes of three bytes, for every viewer who is told of it.
 */
export const MAX_AMF_REPEATED_BYTES = 0x10000;
