import './server/client.ts';
import { beginServed } from './server/served.ts';

// a script of its own, as the server answers and the socket opens while the browser still reads the rest
beginServed();
