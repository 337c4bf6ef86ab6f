using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using NetProfiler.Analysis.Redaction;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Http1;

namespace NetProfiler.Analysis.Samples;

/// <summary>
/// Creates from a raw sample what may leave the process: text, decoded, cut to the rule's limits, secrets masked. Too slow for the
/// ring-buffer thread. Stateless, so one instance can be used by any number of threads.
/// </summary>
/// <param name="copied">Request fields that are always shown, whatever a rule collects, in lower case.</param>
public sealed class SampleContent(RedactionPolicy policy, params IReadOnlyList<string> copied)
{
    private readonly Redactor _redactor = new(policy);
    private readonly CopiedFields _copied = new(copied, new Redactor(policy));

    public ShownSample Show(Sample sample)
    {
        byte[] request = sample.Request.Head.ToArray();
        if (HeadReader.TryReadRequest(request, out var requestHead, out _) != OperationStatus.Done)
            HeadReader.TryReadRequestLine(request, out requestHead);
        byte[] response = sample.Response.Head.ToArray();
        HeadReader.TryReadResponse(response, out var responseHead, out _);

        string method = Text(requestHead.MethodName.Of(request));
        string target = _redactor.Target(Text(requestHead.Target.Of(request)));
        string requestLine = $"{method} {target} HTTP/1.{requestHead.MinorVersion}";
        string reason = Text(responseHead.Reason.Of(response));
        string statusLine = $"HTTP/1.{responseHead.MinorVersion} "
            + $"{sample.Status}{(reason.Length > 0 ? " " : "")}{_redactor.Text(reason, TextKind.Plain)}";
        var content = sample.Content;

        return new ShownSample
        {
            Id = sample.Id,
            Task = sample.Task,
            Rule = sample.Rule,
            SampledAs = sample.SampledAs,
            Trace = sample.Trace,
            SpanUse = sample.SpanUse,
            Role = sample.Role,
            Process = sample.Process,
            Peer = sample.Peer,
            RemoteParty = sample.RemoteParty,
            NodeName = sample.NodeName,
            Connection = sample.Connection,
            Local = sample.Local,
            Remote = sample.Remote,
            Tls = sample.Tls,
            Method = method,
            Target = target,
            Host = requestHead.Host.IsEmpty ? null : _redactor.Field("Host", Text(requestHead.Host.Of(request))),
            CopiedFields = Copied(requestHead.FieldLines.Of(request)),
            Status = sample.Status,
            MinorVersion = sample.MinorVersion,
            Request = Show(sample.Request, requestLine, requestHead.FieldLines.Of(request), BodyLength.OfRequest(requestHead),
                content.Request, content.MaxRequestBytes),
            Response = Show(
                sample.Response, statusLine, responseHead.FieldLines.Of(response),
                BodyLength.OfResponse(responseHead, requestHead.Method), content.Response, content.MaxResponseBytes),
            StartUnixNanoseconds = sample.StartUnixNanoseconds,
            DurationNanoseconds = sample.DurationNanoseconds,
            TimeToFirstByteNanoseconds = sample.TimeToFirstByteNanoseconds,
            Phases = sample.Phases,
            RoundTripMicroseconds = sample.RoundTripMicroseconds,
            Retransmissions = sample.Retransmissions,
            Outcome = sample.Outcome,
            EndedBy = sample.EndedBy,
            JoinKey = sample.JoinKey,
            Translated = sample.Translated,
            Pairing = sample.Pairing,
            RequestFault = sample.RequestFault,
            ResponseFault = sample.ResponseFault,
            ProxiedClient = sample.ProxiedClient,
        };
    }

    private ShownMessage Show(
        SampledMessage message, string startLine, ReadOnlySpan<byte> fieldLines, BodyLength bodyLength, CollectedContent collected,
        int maxBytes)
    {
        var shown = new ShownMessage
        {
            Bytes = message.Bytes,
            BodyBytes = message.BodyBytes,
            StartUnixNanoseconds = message.StartUnixNanoseconds,
            EndUnixNanoseconds = message.EndUnixNanoseconds,
            Calls = message.Calls,
            CallsNotKept = message.CallsNotKept,
        };
        if (collected == CollectedContent.None) return shown;

        maxBytes = int.Clamp(maxBytes, 1, ContentPolicy.MaxMessageBytes);
        const int LineEnds = 4; // after the start line, and the empty line
        string line = TextCut.To(startLine, int.Max(1, maxBytes - LineEnds), out bool isHeadCut);
        int room = maxBytes - Encoding.UTF8.GetByteCount(line) - LineEnds;
        var fields = isHeadCut ? [] : Fields(fieldLines, ref room, out isHeadCut);
        shown = shown with { StartLine = line, Fields = fields, IsHeadCut = isHeadCut };

        bool hasBody = message.BodyBytes > 0 || !message.Body.IsEmpty;
        if (collected != CollectedContent.Full || isHeadCut || !hasBody) return shown;
        return shown with { Body = Body(message, fieldLines, bodyLength, room) };
    }

    private ImmutableArray<ShownField> Copied(ReadOnlySpan<byte> fieldLines)
    {
        if (_copied.Count == 0) return [];
        var fields = ImmutableArray.CreateBuilder<ShownField>();
        for (int i = 0; i < _copied.Count; i++)
        {
            if (_copied.TryFind(i, fieldLines, out var value)) fields.Add(new ShownField(_copied.NameOf(i), _copied.Show(i, value)));
        }

        return fields.ToImmutable();
    }

    // As many whole fields as fit.
    private ImmutableArray<ShownField> Fields(ReadOnlySpan<byte> fieldLines, ref int room, out bool isCut)
    {
        var fields = ImmutableArray.CreateBuilder<ShownField>();
        isCut = false;
        foreach (var field in new HeaderFields(fieldLines))
        {
            string name = Text(field.Name);
            string value = _redactor.Field(name, Unfolded(Text(field.Value)));
            room -= Encoding.UTF8.GetByteCount(name) + Encoding.UTF8.GetByteCount(value) + 4;
            if (room < 0)
            {
                isCut = true;
                break;
            }

            fields.Add(new ShownField(name, value));
        }

        return fields.ToImmutable();
    }

    private ShownBody Body(SampledMessage message, ReadOnlySpan<byte> fieldLines, BodyLength bodyLength, int maxBytes)
    {
        string contentType = Find(fieldLines, "content-type"u8), codings = Find(fieldLines, "content-encoding"u8);
        var whole = Unframed(message.Body.Span, bodyLength);
        bool isDecoded = ContentDecoder.TryDecode(whole, codings, out var content, out bool isDecodingCut);
        bool isCut = message.IsBodyCut || isDecodingCut || whole.Length < message.BodyBytes;

        var body = new ShownBody
        {
            MediaType = MediaType.Parse(contentType).Essence,
            ContentType = _redactor.Field("Content-Type", contentType),
            Encoding = _redactor.Field("Content-Encoding", codings),
            IsCut = isCut,
        };
        string? text = isDecoded ? new BodyText(_redactor).Of(content, contentType) : null;
        if (text is null)
        {
            string type = isDecoded || codings.Length == 0 ? body.MediaType
                : $"{body.MediaType} in {_redactor.Text(codings, TextKind.Plain)}";
            return body with { Summary = BodyText.Summary(isDecoded ? content.Span : whole.Span, type, isCut,
                message.BodyBytes ?? whole.Length) };
        }

        text = TextCut.To(text, int.Max(0, maxBytes), out bool isTextCut);
        return body with { Text = text, IsCut = isCut || isTextCut };
    }

    private static ReadOnlyMemory<byte> Unframed(ReadOnlySpan<byte> body, BodyLength length)
    {
        var content = new CollectedBytes { Output = new ArrayBufferWriter<byte>(int.Max(1, body.Length)) };
        new BodyReader(length).Read(body, ref content, out _);
        return content.Output.WrittenMemory;
    }

    private static string Find(ReadOnlySpan<byte> fieldLines, ReadOnlySpan<byte> name) =>
        new HeaderFields(fieldLines).TryFind(name, out var value) ? Unfolded(Text(value)) : "";

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    // RFC 9112, section 5.2: a line fold is equivalent to a space.
    private static string Unfolded(string value) =>
        value.AsSpan().ContainsAny('\r', '\n') ? value.Replace("\r", "").Replace('\n', ' ') : value;

    private struct CollectedBytes : IContentConsumer
    {
        public ArrayBufferWriter<byte> Output;

        public readonly void Accept(ReadOnlySpan<byte> content) => Output.Write(content);
    }
}
