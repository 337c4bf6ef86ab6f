namespace NetProfiler.Http1;

/// <summary>Parses "HTTP-version SP status-code SP [ reason-phrase ] CRLF" (RFC 9112, section 4).</summary>
/// <remarks>Some servers omit the second space together with the reason.</remarks>
internal static class StatusLine
{
    private const int StatusDigits = 3;

    public static bool TryRead(ref HeadCursor cursor, ref ResponseHead head) =>
        TryReadVersion(ref cursor, ref head) &&
        TryReadStatus(ref cursor, ref head) &&
        TryReadReason(ref cursor, ref head) &&
        cursor.TryReadLineEnd(InvalidReason.Status);

    private static bool TryReadVersion(ref HeadCursor cursor, ref ResponseHead head)
    {
        // Another protocol takes precedence over another version of HTTP as the reason.
        var rest = cursor.Rest;
        if (!rest.StartsWith("HTTP/"u8) && !"HTTP/"u8.StartsWith(rest)) return cursor.Fail(InvalidReason.StartLine);
        return cursor.TryReadVersion(out head.MinorVersion);
    }

    private static bool TryReadStatus(ref HeadCursor cursor, ref ResponseHead head)
    {
        var rest = cursor.Rest;
        if (rest.IsEmpty) return HeadCursor.NeedMoreData;
        if (rest[0] != ' ') return cursor.Fail(InvalidReason.Version);

        int status = 0;
        for (int digit = 1; digit <= StatusDigits; digit++)
        {
            if (digit == rest.Length) return HeadCursor.NeedMoreData;
            if (!char.IsAsciiDigit((char)rest[digit])) return cursor.Fail(InvalidReason.Status);
            status = (status * 10) + rest[digit] - '0';
            if (status == 0) return cursor.Fail(InvalidReason.Status);
        }

        head.Status = (ushort)status;
        cursor.Position += 1 + StatusDigits;
        return true;
    }

    // The reason may contain any character that does not end a line, because it is not interpreted.
    private static bool TryReadReason(ref HeadCursor cursor, ref ResponseHead head)
    {
        var rest = cursor.Rest;
        if (rest.IsEmpty) return HeadCursor.NeedMoreData;

        head.Reason = new Slice(cursor.Position, 0);
        if (rest[0] != ' ') return true;

        int end = rest.IndexOfAny((byte)'\r', (byte)'\n', (byte)0);
        if (end < 0) return HeadCursor.NeedMoreData;
        head.Reason = new Slice(cursor.Position + 1, end - 1);
        cursor.Position += end;
        return true;
    }
}
