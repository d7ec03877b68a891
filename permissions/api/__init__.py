"""The decision API: OpenID AuthZEN Authorization API 1.0 (final, 11 January 2026) over HTTPS with JSON.

https://openid.net/specs/authorization-api-1_0.html; sections are named where they are followed. What the
specification leaves open is in docs/decisions/0080-decision-api.md.
"""
