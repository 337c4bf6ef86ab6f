namespace NetProfiler.Http1;

/// <summary>Parses "method SP request-target SP HTTP-version CRLF" (RFC 9112, section 3).</summary>
internal static class RequestLine
{
    private const int MaxMethodBytes = 32;

    public static bool TryRead(ref HeadCursor cursor, ref RequestHead head) =>
        TryReadMethod(ref cursor, ref head) &&
        TryReadTarget(ref cursor, ref head) &&
        TryReadVersion(ref cursor, ref head) &&
        cursor.TryReadLineEnd(InvalidReason.Version);

    // Section 3.1.
    private static bool TryReadMethod(ref HeadCursor cursor, ref RequestHead head)
    {
        var rest = cursor.Rest;
        int length = rest.StartsWith("GET "u8) ? "GET".Length : rest.IndexOfAnyExcept(Syntax.TokenCharacters); // fast path: most are GET
        if (length < 0 && rest.Length <= MaxMethodBytes) return HeadCursor.NeedMoreData;
        if (length is <= 0 or > MaxMethodBytes || rest[length] != ' ') return cursor.Fail(InvalidReason.Method);

        head.Method = MethodOf(rest[..length]);
        head.MethodName = new Slice(cursor.Position, length);
        cursor.Position += length + 1;
        return true;
    }

    // Section 3.2. Any form is accepted: the server decides whether a target is valid.
    private static bool TryReadTarget(ref HeadCursor cursor, ref RequestHead head)
    {
        var rest = cursor.Rest;
        int length = rest.IndexOfAny(Syntax.TargetEnds);
        if (length < 0) return HeadCursor.NeedMoreData;
        if (length == 0) return cursor.Fail(InvalidReason.Target);
        if (rest[length] is (byte)'\r' or (byte)'\n')
        {
            return cursor.Fail(head.Method == RequestMethod.Get ? InvalidReason.Http09 : InvalidReason.Version);
        }

        if (rest[length] != ' ') return cursor.Fail(InvalidReason.Target);

        head.Target = new Slice(cursor.Position, length);
        cursor.Position += length + 1;
        return true;
    }

    private static bool TryReadVersion(ref HeadCursor cursor, ref RequestHead head)
    {
        if (cursor.TryReadVersion(out head.MinorVersion)) return true;

        // RFC 9113, section 3.4.
        bool isHttp2 = cursor.Data[head.MethodName.Start..].StartsWith("PRI * HTTP/2"u8);
        return isHttp2 && cursor.Fail(InvalidReason.Http2Preface);
    }

    private static RequestMethod MethodOf(ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("GET"u8)) return RequestMethod.Get;
        if (name.SequenceEqual("POST"u8)) return RequestMethod.Post;
        if (name.SequenceEqual("HEAD"u8)) return RequestMethod.Head;
        if (name.SequenceEqual("PUT"u8)) return RequestMethod.Put;
        if (name.SequenceEqual("DELETE"u8)) return RequestMethod.Delete;
        if (name.SequenceEqual("CONNECT"u8)) return RequestMethod.Connect;
        if (name.SequenceEqual("OPTIONS"u8)) return RequestMethod.Options;
        if (name.SequenceEqual("TRACE"u8)) return RequestMethod.Trace;
        if (name.SequenceEqual("PATCH"u8)) return RequestMethod.Patch;
        if (name.SequenceEqual("QUERY"u8)) return RequestMethod.Query;
        return RequestMethod.Other;
    }
}
