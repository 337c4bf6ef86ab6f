using System.Buffers;

namespace NetProfiler.Http1.Tests.Support;

/// <summary>Reads one direction of a connection, however its bytes are cut, and tells each message in one line.</summary>
internal sealed class Conversation
{
    private readonly bool _readsResponses;
    private readonly Queue<RequestMethod> _requestMethods;
    private readonly List<string> _told = [];

    private byte[] _pending = [];
    private string? _head;
    private string _anomalies = "";
    private BodyLength _length;
    private BodyReader _body;
    private CollectedContent _content;
    private bool _isBroken;

    private Conversation(bool readsResponses, RequestMethod[] requestMethods)
    {
        _readsResponses = readsResponses;
        _requestMethods = new Queue<RequestMethod>(requestMethods);
    }

    public static Conversation OfRequests() => new(readsResponses: false, []);

    /// <summary>The methods are those of the requests that are answered; after the last one, GET.</summary>
    public static Conversation OfResponses(params RequestMethod[] requestMethods) => new(readsResponses: true, requestMethods);

    public Conversation Feed(ReadOnlySpan<byte> bytes)
    {
        _pending = [.. _pending, .. bytes];
        while (!_isBroken && (_head is null ? TryReadHead() : TryReadBody()))
        {
        }

        return this;
    }

    /// <summary>The connection ends.</summary>
    public string[] Close()
    {
        if (_isBroken) return [.. _told];
        if (_head is not null) Tell(_length.Kind is BodyKind.UntilClose or BodyKind.Tunnel ? "" : "incomplete");
        else if (_pending.Length > 0) _told.Add("incomplete head");
        return [.. _told];
    }

    private bool TryReadHead()
    {
        if (_pending.Length == 0) return false;

        int headBytes;
        var status = _readsResponses ? ReadResponse(out headBytes, out var reason) : ReadRequest(out headBytes, out reason);
        if (status == OperationStatus.NeedMoreData) return false;
        if (status == OperationStatus.InvalidData)
        {
            _told.Add($"invalid {reason}");
            _isBroken = true;
            return false;
        }

        _pending = _pending[headBytes..];
        _body = new BodyReader(_length);
        _content = new CollectedContent();
        return true;
    }

    private OperationStatus ReadRequest(out int headBytes, out InvalidReason reason)
    {
        var status = HeadReader.TryReadRequest(_pending, out var head, out reason);
        headBytes = head.Length;
        if (status != OperationStatus.Done) return status;

        string host = head.Host == default ? "" : $"host {Text(head.Host)}";
        Begin($"{Text(head.MethodName)} {Text(head.Target)} HTTP/1.{head.MinorVersion}", host, head.Framing, BodyLength.OfRequest(head));
        return status;
    }

    private OperationStatus ReadResponse(out int headBytes, out InvalidReason reason)
    {
        var status = HeadReader.TryReadResponse(_pending, out var head, out reason);
        headBytes = head.Length;
        if (status != OperationStatus.Done) return status;

        _requestMethods.TryPeek(out var method);
        if (!head.IsInformational) _requestMethods.TryDequeue(out _);
        string startLine = $"HTTP/1.{head.MinorVersion} {head.Status} {Text(head.Reason)}".TrimEnd();
        Begin(startLine, "", head.Framing, BodyLength.OfResponse(head, method));
        return status;
    }

    private void Begin(string startLine, string host, FramingFields framing, BodyLength length)
    {
        string[] flags =
        [
            framing.Close ? "close" : "",
            framing.KeepAlive ? "keep-alive" : "",
            framing.Upgrade ? "upgrade" : "",
            framing.ExpectContinue ? "expects continue" : "",
        ];
        _head = Joined([startLine, host, .. flags]);
        // Cases are short: that Host is missing in most of them is no news.
        var anomalies = framing.Anomalies & ~HeadAnomalies.MissingHost;
        _anomalies = anomalies == HeadAnomalies.None ? "" : anomalies.ToString();
        _length = length;
    }

    private bool TryReadBody()
    {
        var status = _body.Read(_pending, ref _content, out int consumed);
        Assert.Equal(status == OperationStatus.Done, _body.IsDone);
        Assert.Equal(_content.Bytes.LongLength, _body.ContentBytes);
        _pending = _pending[consumed..];

        if (status == OperationStatus.NeedMoreData)
        {
            Assert.Empty(_pending);
            return false;
        }

        _isBroken = status == OperationStatus.InvalidData;
        Tell(_isBroken ? $"invalid {_body.Invalid}" : "");
        return true;
    }

    private void Tell(string ending)
    {
        string kind = _length.Kind is BodyKind.None or BodyKind.Invalid ? "" : _length.Kind.ToString();
        string content = _content.Bytes.Length == 0 ? "" : $"content {Visible.Text(_content.Bytes)}";
        _told.Add(Joined([_head!, kind, content, _anomalies, ending]));
        _head = null;
    }

    private string Text(Slice slice) => Visible.Text(slice.Of(_pending));

    private static string Joined(string[] items) => string.Join("; ", items.Where(item => item.Length > 0));
}
