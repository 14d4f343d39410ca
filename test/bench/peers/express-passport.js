/** express, express-session and passport with its local strategy, as their documentation shows them. */
import bcrypt from 'bcrypt';
import express from 'express';
import session from 'express-session';
import passport from 'passport';
import { Strategy } from 'passport-local';
import { cost, listen, notFound, password, paths, user, username, wrong } from './common.js';

const hash = bcrypt.hashSync(password, cost);
passport.use(
  new Strategy((typed, secret, done) => {
    if (typed !== username) return done(null, false);
    bcrypt.compare(secret, hash, (error, right) => done(error, right ? user : false));
  }),
);
passport.serializeUser((someone, done) => done(null, someone.uid));
passport.deserializeUser((id, done) => done(null, id === user.uid ? user : false));

const app = express();
app.use(express.json());
app.use(session({ secret: 'keyboard cat', resave: false, saveUninitialized: false }));
app.use(passport.session());
app.get(paths.authenticated, (request, response) => void response.json({ authenticated: request.isAuthenticated() }));
app.get(paths.current, (request, response) => {
  if (!request.isAuthenticated()) return void response.status(401).json({ error: 'Authentication required.' });
  response.json([request.user]);
});
app.post(paths.login, (request, response, next) => {
  passport.authenticate('local', (error, someone) => {
    if (error) return next(error);
    if (!someone) return void response.status(422).json(wrong);
    request.logIn(someone, (failure) => (failure ? next(failure) : response.json({ redirect: 'http://localhost/' })));
  })(request, response, next);
});
app.use((_request, response) => void response.status(404).json(notFound));
listen(app);
