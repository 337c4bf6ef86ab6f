namespace NetProfiler.Http1;

/// <summary>The methods of RFC 9110, section 9.3, and RFC 5789. Any other token is <see cref="Other"/>: names are case-sensitive.</summary>
public enum RequestMethod : byte
{
    Other,
    Get,
    Head,
    Post,
    Put,
    Delete,
    Connect,
    Options,
    Trace,
    Patch,
    Query,
}
