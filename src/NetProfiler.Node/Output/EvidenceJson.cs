using System.Text.Json;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Samples;
using NetProfiler.Http1;

namespace NetProfiler.Node.Output;

/// <summary>
/// The certainty of an exchange: unknown sizes are omitted, and the reason is written instead. A proven pairing is omitted too.
/// </summary>
internal static class EvidenceJson
{
    public static void WriteSizes(Utf8JsonWriter json, long? requestBytes, long? requestBodyBytes, long? responseBytes,
        long? responseBodyBytes)
    {
        if (requestBytes is { } request) json.WriteNumber(JsonName.RequestBytes, request);
        if (requestBodyBytes is { } requestBody) json.WriteNumber(JsonName.RequestBodyBytes, requestBody);
        if (responseBytes is { } response) json.WriteNumber(JsonName.ResponseBytes, response);
        if (responseBodyBytes is { } responseBody) json.WriteNumber(JsonName.ResponseBodyBytes, responseBody);
    }

    /// <summary>Writes nothing for a complete exchange.</summary>
    public static void WriteOutcome(Utf8JsonWriter json, ExchangeOutcome outcome, EndedBy endedBy)
    {
        switch (outcome)
        {
            case ExchangeOutcome.Incomplete:
                json.WriteString(JsonName.Incomplete, ShownSample.NameOf(endedBy));
                break;
            case ExchangeOutcome.Unanswered:
                json.WriteString(JsonName.Outcome, "unanswered"u8);
                json.WriteString(JsonName.Reason, ShownSample.NameOf(endedBy));
                break;
        }
    }

    public static void WriteDoubts(Utf8JsonWriter json, PairingClass pairing, InvalidReason requestFault, InvalidReason responseFault)
    {
        if (pairing == PairingClass.Assumed) json.WriteString(JsonName.Pairing, "assumed"u8);
        if (requestFault != InvalidReason.None) json.WriteString(JsonName.RequestFault, Words.SnakeCase(requestFault.ToString()));
        if (responseFault != InvalidReason.None) json.WriteString(JsonName.ResponseFault, Words.SnakeCase(responseFault.ToString()));
    }
}
