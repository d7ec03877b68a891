"""Questions in the shape of the OpenID AuthZEN Authorization API 1.0, and answers in words of their own. No HTTP here.

Whoever asks (a connected system, the command line), what was sent is read by `reading`, becomes questions in
`questions` and the moment of asking in `moments`. `naming` finds whom and what the command line's questions name,
`answering` asks the gate and tells its decision as reasons and obligations that JSON can hold.
"""
