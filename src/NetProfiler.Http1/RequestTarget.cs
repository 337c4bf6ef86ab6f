namespace NetProfiler.Http1;

/// <summary>Parts of a request target other than the path.</summary>
internal static class RequestTarget
{
    /// <summary>
    /// The authority of a target in absolute form, without user information; it replaces the Host field (RFC 9112, section 3.2.2). Null if
    /// there is none.
    /// </summary>
    public static Slice? AuthorityOf(ReadOnlySpan<byte> data, in RequestHead head)
    {
        var target = head.Target.Of(data);
        if (target[0] is (byte)'/' or (byte)'*' || head.Method == RequestMethod.Connect) return null;
        int scheme = target.IndexOf("://"u8);
        if (scheme <= 0 || target[..scheme].ContainsAny("/?#@"u8)) return null;

        int start = scheme + 3;
        int length = target[start..].IndexOfAny("/?#"u8);
        if (length < 0) length = target.Length - start;
        int userInfo = target.Slice(start, length).LastIndexOf((byte)'@') + 1;
        return new Slice(head.Target.Start + start + userInfo, length - userInfo);
    }
}
