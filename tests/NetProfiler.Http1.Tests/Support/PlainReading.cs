using System.Buffers;
using System.Text;

namespace NetProfiler.Http1.Tests.Support;

/// <summary>Our reading of one direction, however its bytes are cut, in the words of <see cref="PlainMessage"/>.</summary>
internal sealed class PlainReading(bool isResponse)
{
    private readonly List<string> _told = [];
    private byte[] _pending = [];
    private PlainMessage? _message;
    private BodyLength _length;
    private BodyReader _body;
    private CollectedContent _content;
    private bool _isOver;

    public PlainReading Feed(ReadOnlySpan<byte> bytes)
    {
        _pending = [.. _pending, .. bytes];
        while (!_isOver && (_message is null ? TryReadHead() : TryReadBody()))
        {
        }

        return this;
    }

    /// <param name="isFinished">The stream ends here, which ends a message that has no other end.</param>
    public string[] Close(bool isFinished)
    {
        if (_isOver) return [.. _told];
        if (_message is not null) Tell(isFinished && _length.Kind == BodyKind.UntilClose ? "complete" : "open");
        else if (_pending.AsSpan().IndexOfAnyExcept((byte)'\r', (byte)'\n') >= 0) _told.Add("open");
        return [.. _told];
    }

    private bool TryReadHead()
    {
        if (_pending.Length == 0) return false;

        OperationStatus status;
        int headBytes;
        var message = new PlainMessage(isResponse);
        if (isResponse)
        {
            status = HeadReader.TryReadResponse(_pending, out var head, out _);
            if (status == OperationStatus.Done)
            {
                message.Add("code", Encoding.ASCII.GetBytes($"{head.Status}"));
                message.Add("status", head.Reason.Of(_pending)); // llhttp's name for the reason phrase
                AddFields(message, head.FieldLines);
                _length = BodyLength.OfResponse(head, RequestMethod.Get);
            }

            headBytes = head.Length;
        }
        else
        {
            status = HeadReader.TryReadRequest(_pending, out var head, out _);
            if (status == OperationStatus.Done)
            {
                message.Add("method", head.MethodName.Of(_pending));
                message.Add("url", head.Target.Of(_pending));
                AddFields(message, head.FieldLines);
                _length = BodyLength.OfRequest(head);
            }

            headBytes = head.Length;
        }

        if (status == OperationStatus.NeedMoreData) return false;
        if (status == OperationStatus.InvalidData)
        {
            _told.Add("invalid");
            _isOver = true;
            return false;
        }

        message.HeadComplete();
        _message = message;
        _pending = _pending[headBytes..];
        _body = new BodyReader(_length);
        _content = new CollectedContent();
        return true;
    }

    private bool TryReadBody()
    {
        var status = _body.Read(_pending, ref _content, out int consumed);
        _pending = _pending[consumed..];
        if (status == OperationStatus.NeedMoreData) return false;
        _isOver = status == OperationStatus.InvalidData;
        Tell(_isOver ? "invalid" : "complete");
        return !_isOver;
    }

    private void AddFields(PlainMessage message, Slice lines)
    {
        foreach (var field in new HeaderFields(lines.Of(_pending)))
        {
            message.Add("header_field", field.Name);
            message.Add("header_value", field.Value);
        }
    }

    private void Tell(string ending)
    {
        _message!.Add("body", _content.Bytes);
        _told.Add(_message.Told(ending));
        _message = null;
    }
}
