using System.Text.Json;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Http1;

namespace NetProfiler.Node.Output;

/// <summary>How far an exchange is known: sizes that are not known are left out, with the reason; so is what is proven.</summary>
internal static class EvidenceJson
{
    public static void WriteSizes(Utf8JsonWriter json, long? requestBytes, long? requestBodyBytes, long? responseBytes, long? responseBodyBytes)
    {
        if (requestBytes is { } request) json.WriteNumber("requestBytes"u8, request);
        if (requestBodyBytes is { } requestBody) json.WriteNumber("requestBodyBytes"u8, requestBody);
        if (responseBytes is { } response) json.WriteNumber("responseBytes"u8, response);
        if (responseBodyBytes is { } responseBody) json.WriteNumber("responseBodyBytes"u8, responseBody);
    }

    public static void WriteDoubts(Utf8JsonWriter json, PairingClass pairing, InvalidReason requestFault, InvalidReason responseFault)
    {
        if (pairing == PairingClass.Assumed) json.WriteString("pairing"u8, "assumed"u8);
        if (requestFault != InvalidReason.None) json.WriteString("requestFault"u8, Words.SnakeCase(requestFault.ToString()));
        if (responseFault != InvalidReason.None) json.WriteString("responseFault"u8, Words.SnakeCase(responseFault.ToString()));
    }
}
