/** For the tests only: a key that is public, and a certificate for 127.0.0.1 that it signed. */
export const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgWvgLil+3Pip3hRK8
oNo1HN9/xV4cn7xgKxcmJjDvMkihRANCAATsf6Jl4ySeDWqXutrcaVL0fKF9Ex7s
p4DdelNPgxa7dojJXefvN+fjyBGAue1ivkMmoSqzxQ3PQzdmVC7ADtuT
-----END PRIVATE KEY-----
`;

/** The certificate, which is its own authority. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUUZa6V5hvN0g9EuzZls7mK4M1fhwwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEzMDA1MDIxOFoYDzIxMjYxMTA2
MDUwMjE4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATsf6Jl4ySeDWqXutrcaVL0fKF9Ex7sp4DdelNPgxa7dojJXefvN+fj
yBGAue1ivkMmoSqzxQ3PQzdmVC7ADtuTo28wbTAdBgNVHQ4EFgQUkqxB9FsIYsaO
Lo0zDql//ANyMvAwHwYDVR0jBBgwFoAUkqxB9FsIYsaOLo0zDql//ANyMvAwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDRwAwRAIgVvV845Krh6x6cOk6lYR1Tve6jJ7r0cAJWSA/1YarJgICIGRV
0ByxfGTgfkBPwqKaY4zIMiz9G2jvK+hxIgeHkQkh
-----END CERTIFICATE-----
`;
