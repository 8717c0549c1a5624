/**
 * The cookie that holds a browser's session with this server. It is nobody's but this server's to read or to set. The
 * prefix keeps it to this host, and from being set by what is not HTTPS (RFC 6265bis).
 */
export const SESSION_COOKIE = '__Host-ku7s_session';

/** Holds what a browser that has gone to sign in elsewhere comes back with; as much this server's own. */
export const LOGIN_COOKIE = '__Host-ku7s_login';
