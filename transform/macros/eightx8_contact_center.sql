{# 8x8 Contact Center says Inbound and Outbound, or InboundDir and OutboundDir; calls between agents are internal (CC A2, B6). #}
{% macro eightx8_contact_center_direction(word, interaction_type) %}
    case
        when lower({{ interaction_type }}) in ('internalcall', 'consultationcall') then 'internal'
        when lower({{ word }}) like 'inbound%' then 'inbound'
        when lower({{ word }}) like 'outbound%' then 'outbound'
        else 'unknown'
    end
{% endmacro %}

{# The medium of an 8x8 Contact Center interaction (CC B6). #}
{% macro eightx8_channel(media_type) %}
    case lower({{ media_type }})
        when 'phone' then 'voice'
        when 'voicemail' then 'voicemail'
        when 'chat' then 'chat'
        when 'email' then 'email'
        else 'other'
    end
{% endmacro %}

{# An interaction id ends in the tenant's name (CC A2); so both Contact Center streams name a tenant alike. #}
{% macro eightx8_tenant(interaction_id, otherwise) %}
    case
        when {{ interaction_id }} like 'int-%-%-%-%-%' then split_part({{ interaction_id }}, '-', -1)
        else {{ otherwise }}
    end
{% endmacro %}

{# What the words of 8x8 Contact Center mean: field, word, outcome, note (`callrecords__outcome_words`). #}
{% macro eightx8_contact_center_words() %}
  {{ return([
      ('outcome', 'queued', '', 'interaction_labels speak the same words as outcome'),
      ('outcome', 'dequeued', 'missed', 'left the queue unserved'),
      ('outcome', 'abandoned', 'abandoned', ''),
      ('outcome', 'transferredtoagent', '', 'a step on the way'),
      ('outcome', 'rejected', 'missed', 'an agent refused the offer'),
      ('outcome', 'offeringtimeout', 'missed', 'an agent let the offer pass'),
      ('outcome', 'handled', 'answered', ''),
      ('outcome', 'transferredtoqueue', '', 'a step on the way'),
      ('outcome', 'deleted', 'missed', 'taken off the queue unserved'),
      ('outcome', 'forwardedtoqueue', '', 'a step on the way'),
      ('outcome', 'forwardedtovoicemail', 'voicemail', ''),
      ('outcome', 'forwardedtocallback', 'callback', ''),
      ('outcome', 'endedinivr', 'completed', 'the script served the caller'),
      ('outcome', 'consultationestablished', 'answered', ''),
      ('outcome', 'unknownoutcome', 'other', ''),
      ('outcome', 'canceled', 'abandoned', 'given up by the side that began it'),
      ('outcome', 'forwardedtoexternalnumber', 'completed', 'went on outside the contact center'),
      ('outcome', 'outboundsmssent', 'completed', ''),
      ('outcome', 'videosmssent', 'completed', ''),
      ('outcome', 'repliedtoemail', 'answered', ''),
      ('outcome', 'postcallsurveycallback', 'completed', 'survey after the call'),
      ('outcome', 'postcallsurveystayoncall', '', 'survey after the call'),
      ('outcome', 'forwardedtoexternalivr', 'completed', 'went on outside the contact center'),
      ('outcome', 'forwardedtoagentindividualvoicemail', 'voicemail', ''),
      ('outcome', 'blindtransfer', '', 'a step on the way'),
      ('outcome', 'transfertoanothernumber', '', 'a step on the way'),
      ('outcome', 'directagentaccess', '', 'a way in'),
      ('outcome', 'directagentrouting', '', 'a way in'),
      ('outcome', 'conferenceestablished', 'answered', ''),
      ('state', 'inscript', 'in_progress', ''),
      ('state', 'waitinginqueue', 'in_progress', ''),
      ('state', 'waitingforinitiator', 'in_progress', ''),
      ('state', 'delayedcallback', 'in_progress', ''),
      ('state', 'handling', 'in_progress', ''),
      ('state', 'transferredtoexternalnumber', '', 'a step on the way'),
      ('state', 'inwrapup', 'in_progress', ''),
      ('state', 'finished', '', 'says nothing about how'),
      ('participant_offer_action', 'accepted', 'answered', ''),
      ('participant_offer_action', 'rejected', 'rejected', 'the agent refused'),
      ('participant_offer_action', 'offertimeout', 'missed', ''),
      ('participant_offer_action', 'abandoned', 'abandoned', ''),
      ('participant_offer_action', 'customerhangup', 'abandoned', ''),
  ]) }}
{% endmacro %}
