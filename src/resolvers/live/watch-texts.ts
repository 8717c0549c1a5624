/** What typed and generic watches say of themselves alike. */
export const FROM = 'where to begin, as the last event that was taken says it; when not given the state comes first';
export const BOOKMARKS = 'BOOKMARK events too, which say how far the watch is, and when the state has been told';
export const EVENT_REVISION =
  'how far the watch is with this event: to be given as `resourceVersion`, to go on from here';
export const INITIAL_EVENTS_END = 'of a BOOKMARK: the state has been told, what comes now is new';
