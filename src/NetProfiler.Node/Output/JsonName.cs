using System.Text.Json;

namespace NetProfiler.Node.Output;

/// <summary>The property names of an exchange's line, escaped once and not per line.</summary>
internal static class JsonName
{
    public static readonly JsonEncodedText Time = JsonEncodedText.Encode("time");
    public static readonly JsonEncodedText Role = JsonEncodedText.Encode("role");
    public static readonly JsonEncodedText Process = JsonEncodedText.Encode("process");
    public static readonly JsonEncodedText Pid = JsonEncodedText.Encode("pid");
    public static readonly JsonEncodedText Comm = JsonEncodedText.Encode("comm");
    public static readonly JsonEncodedText Local = JsonEncodedText.Encode("local");
    public static readonly JsonEncodedText Remote = JsonEncodedText.Encode("remote");
    public static readonly JsonEncodedText Client = JsonEncodedText.Encode("client");
    public static readonly JsonEncodedText Method = JsonEncodedText.Encode("method");
    public static readonly JsonEncodedText Target = JsonEncodedText.Encode("target");
    public static readonly JsonEncodedText Host = JsonEncodedText.Encode("host");
    public static readonly JsonEncodedText RequestHeaders = JsonEncodedText.Encode("requestHeaders");
    public static readonly JsonEncodedText Status = JsonEncodedText.Encode("status");
    public static readonly JsonEncodedText Version = JsonEncodedText.Encode("version");
    public static readonly JsonEncodedText RequestBytes = JsonEncodedText.Encode("requestBytes");
    public static readonly JsonEncodedText RequestBodyBytes = JsonEncodedText.Encode("requestBodyBytes");
    public static readonly JsonEncodedText ResponseBytes = JsonEncodedText.Encode("responseBytes");
    public static readonly JsonEncodedText ResponseBodyBytes = JsonEncodedText.Encode("responseBodyBytes");
    public static readonly JsonEncodedText Outcome = JsonEncodedText.Encode("outcome");
    public static readonly JsonEncodedText Reason = JsonEncodedText.Encode("reason");
    public static readonly JsonEncodedText Incomplete = JsonEncodedText.Encode("incomplete");
    public static readonly JsonEncodedText Pairing = JsonEncodedText.Encode("pairing");
    public static readonly JsonEncodedText RequestFault = JsonEncodedText.Encode("requestFault");
    public static readonly JsonEncodedText ResponseFault = JsonEncodedText.Encode("responseFault");
    public static readonly JsonEncodedText DurationMicroseconds = JsonEncodedText.Encode("durationMicroseconds");
    public static readonly JsonEncodedText TimeToFirstByteMicroseconds = JsonEncodedText.Encode("timeToFirstByteMicroseconds");
    public static readonly JsonEncodedText RoundTripMicroseconds = JsonEncodedText.Encode("roundTripMicroseconds");
    public static readonly JsonEncodedText Retransmissions = JsonEncodedText.Encode("retransmissions");
    public static readonly JsonEncodedText Rule = JsonEncodedText.Encode("rule");
    public static readonly JsonEncodedText Sampled = JsonEncodedText.Encode("sampled");
    public static readonly JsonEncodedText Join = JsonEncodedText.Encode("join");
    public static readonly JsonEncodedText RequestPosition = JsonEncodedText.Encode("requestPosition");
    public static readonly JsonEncodedText ResponsePosition = JsonEncodedText.Encode("responsePosition");
    public static readonly JsonEncodedText NetworkNamespace = JsonEncodedText.Encode("networkNamespace");
    public static readonly JsonEncodedText Tls = JsonEncodedText.Encode("tls");
    public static readonly JsonEncodedText TlsVersion = JsonEncodedText.Encode("tlsVersion");
    public static readonly JsonEncodedText TlsLibrary = JsonEncodedText.Encode("tlsLibrary");
    public static readonly JsonEncodedText Trace = JsonEncodedText.Encode("trace");
    public static readonly JsonEncodedText System = JsonEncodedText.Encode("system");
    public static readonly JsonEncodedText TraceId = JsonEncodedText.Encode("traceId");
    public static readonly JsonEncodedText SpanId = JsonEncodedText.Encode("spanId");
    public static readonly JsonEncodedText Phases = JsonEncodedText.Encode("phases");
    public static readonly JsonEncodedText QueueMicroseconds = JsonEncodedText.Encode("queueMicroseconds");
    public static readonly JsonEncodedText ReceiveMicroseconds = JsonEncodedText.Encode("receiveMicroseconds");
    public static readonly JsonEncodedText ApplicationMicroseconds = JsonEncodedText.Encode("applicationMicroseconds");
    public static readonly JsonEncodedText WriteMicroseconds = JsonEncodedText.Encode("writeMicroseconds");
    public static readonly JsonEncodedText SendMicroseconds = JsonEncodedText.Encode("sendMicroseconds");
    public static readonly JsonEncodedText WaitMicroseconds = JsonEncodedText.Encode("waitMicroseconds");
}
