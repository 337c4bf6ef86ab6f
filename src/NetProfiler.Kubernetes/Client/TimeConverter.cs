using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace NetProfiler.Kubernetes.Client;

/// <summary>Kubernetes' Time: written as RFC 3339 with whole seconds, in UTC. Any fraction and offset can be parsed.</summary>
public sealed class TimeConverter : JsonConverter<DateTimeOffset>
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture));
}

/// <summary>Kubernetes' MicroTime: same, with exactly six digits of a second, which the server requires.</summary>
public sealed class MicroTimeConverter : JsonConverter<DateTimeOffset>
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture));
}

/// <summary>
/// The times of the library's models, in UTC. A field is Time or MicroTime on the server, which the models do not distinguish: a time with
/// a fraction is written with six digits, one without as whole seconds. A MicroTime must therefore never be a whole second
/// (<see cref="MicroTime"/>).
/// </summary>
public sealed class DateTimeConverter : JsonConverter<DateTime>
{
    public override DateTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset().UtcDateTime;

    public override void Write(Utf8JsonWriter writer, DateTime value, JsonSerializerOptions options)
    {
        var time = value.ToUniversalTime();
        writer.WriteStringValue(time.Ticks % TimeSpan.TicksPerSecond == 0
            ? time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)
            : MicroTime.Text(time));
    }
}

/// <summary>Creates times for fields of the library's models that are MicroTime on the server.</summary>
public static class MicroTime
{
    /// <summary>
    /// The time in microseconds, the server's precision. A whole second becomes the microsecond after it, because the server would refuse
    /// it without a fraction.
    /// </summary>
    public static DateTime Of(DateTimeOffset time)
    {
        var ticks = time.UtcTicks - time.UtcTicks % TimeSpan.TicksPerMicrosecond;
        return new DateTime(ticks % TimeSpan.TicksPerSecond == 0 ? ticks + TimeSpan.TicksPerMicrosecond : ticks, DateTimeKind.Utc);
    }

    /// <summary>The time as in JSON.</summary>
    public static string Text(DateTime time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
